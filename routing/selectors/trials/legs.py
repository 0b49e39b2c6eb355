"""The last part of a test alert's way, target by target: rendered, sent, answered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.contract import OutcomeKind
from routing.models import Attempt, Delivery, DeliveryStatus
from routing.policy.progress import OURS
from routing.reasons import Wording
from routing.selectors.stories import AttemptLine, DeliveryLine
from routing.selectors.trials.steps import DONE, FAILED, NOW, WAITING, State, Step, no_worker
from routing.selectors.workers import WorkState


@dataclass(frozen=True, slots=True)
class Leg:
    """One target's part."""

    delivery: Delivery
    steps: list[Step]


def leg_of(line: DeliveryLine, *, work: WorkState, now: datetime) -> Leg:
    """The steps of one delivery."""
    delivery = line.delivery
    if delivery.status == DeliveryStatus.SUPPRESSED or (delivery.finished_at and not line.attempts):
        words = _("Not sent: %(reason)s") % {"reason": line.words.meaning or delivery.get_status_display()}
        return Leg(
            delivery, [Step("rendered", FAILED, words, at=delivery.finished_at, advice=_unsent_advice(delivery))]
        )
    if not line.attempts:
        return Leg(delivery, [_waiting(delivery, work, now)])
    return Leg(delivery, [*_tried(line.attempts[-1], delivery)])


def _unsent_advice(delivery: Delivery) -> str:
    return {
        "target_disabled": _("Enable the target, then send the test again."),
        "dropped": _("The severity mapping says: do not send. Change it, or the severities of the rule."),
        "unsupported_by_mode": _(
            "This target passes on Sentry's own calls only: press Send Test Notification in Sentry."
        ),
    }.get(delivery.reason, "")


def _waiting(delivery: Delivery, work: WorkState, now: datetime) -> Step:
    target = delivery.target
    if delivery.status == DeliveryStatus.SENDING:
        return Step("rendered", NOW, _("The worker has it."))
    if target is not None and not target.enabled:
        return Step("rendered", WAITING, _("The target is off: what waits pauses."), advice=_("Enable the target."))
    if not work.alive:
        return Step("rendered", WAITING, _("It waits in the queue."), advice=no_worker(work))
    if target is not None and target.probe_at and target.probe_at > now:
        words = _("The target failed many times in a row, so it is tried with one message at a time; next at %(at)s.")
        return Step("rendered", WAITING, words % {"at": _clock(target.probe_at)})
    if delivery.due_at is None:
        return Step("rendered", WAITING, _("It waits for an older message about the same alert."))
    if delivery.due_at > now:
        return Step("rendered", WAITING, _("Its turn comes at %(at)s.") % {"at": _clock(delivery.due_at)})
    return Step("rendered", WAITING, _("It waits in the queue; the worker takes it in a moment."))


def _tried(line: AttemptLine, delivery: Delivery) -> Iterator[Step]:
    """Rendered, sent and answered, as the last attempt tells."""
    attempt, words = line.attempt, line.words
    if attempt.reason in OURS or attempt.outcome == "lost":
        yield Step("rendered", FAILED, str(words.meaning), at=attempt.started_at, advice=_advice(words, delivery))
        return
    form = _("as plain text, since the card was refused") if delivery.simplified else _("by the target's settings")
    number = _(" (attempt %(number)s)") % {"number": attempt.number} if attempt.number > 1 else ""
    yield Step("rendered", DONE, form + number, at=attempt.started_at)
    answered_at = attempt.started_at + timedelta(milliseconds=attempt.duration_ms or 0)
    if attempt.http_status is None:
        yield Step("sent", _unless_tried_again(delivery), str(words.meaning), answered_at, _advice(words, delivery))
        return
    yield Step("sent", DONE, _("in %(ms)s ms") % {"ms": attempt.duration_ms}, at=attempt.started_at)
    yield _answered(attempt, words, delivery, answered_at)


def _answered(attempt: Attempt, words: Wording, delivery: Delivery, at: datetime) -> Step:
    said = f"HTTP {attempt.http_status}"
    if attempt.provider_code:
        said = _("%(said)s, code %(code)s") % {"said": said, "code": attempt.provider_code}
    if attempt.outcome == OutcomeKind.SENT:
        return Step("answered", DONE, _("Taken: %(said)s") % {"said": said}, at=at)
    return Step("answered", _unless_tried_again(delivery), f"{words.meaning}: {said}", at, _advice(words, delivery))


def _unless_tried_again(delivery: Delivery) -> State:
    return FAILED if delivery.finished_at else WAITING


def _advice(words: Wording, delivery: Delivery) -> str:
    if delivery.finished_at or delivery.due_at is None:
        return str(words.advice)
    again = _("It is tried again at %(at)s.") % {"at": _clock(delivery.due_at)}
    return f"{words.advice} {again}".strip()


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M:%S")
