"""How far a test alert has come: each step of its way, with time, words, and what to do where it stopped."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from routing.models import Delivery, Inbound, InboundStatus, Trial, TrialOf
from routing.reasons import wording
from routing.selectors.stories import delivery_lines
from routing.selectors.trials.legs import Leg, leg_of
from routing.selectors.trials.steps import DONE, FAILED, NOW, SKIPPED, WAITING, Step, no_worker
from routing.selectors.trials.verdicts import verdict_step
from routing.selectors.workers import WorkState


@dataclass(frozen=True, slots=True)
class Course:
    """The whole way of a test alert, as far as it has come."""

    steps: list[Step]
    """Received, signature, parsed, decided."""
    legs: list[Leg] = field(default_factory=list)
    """For each target: rendered, sent, answered."""

    @property
    def all_steps(self) -> Iterator[Step]:
        """Every step in its order."""
        yield from self.steps
        for leg in self.legs:
            yield from leg.steps

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen by itself."""
        return all(step.state not in (NOW, WAITING) for step in self.all_steps)

    @property
    def state(self) -> str:
        """`done` when every step was, `failed` when one was not, else `now`."""
        if any(step.state == FAILED for step in self.all_steps):
            return FAILED
        return DONE if self.is_over else NOW


def course_of(trial: Trial, *, work: WorkState, now: datetime) -> Course:
    """The way of a test alert as it stands; the trial comes with its inbound."""
    inbound = trial.inbound
    if trial.of == TrialOf.ONLY_TARGET:
        steps = [*_without_webhook(trial)]
    elif inbound is None:
        return Course([*_refused(trial)])
    else:
        steps = [_received(trial, inbound), _signature(inbound), _parsed(inbound, work)]
    lines = delivery_lines(Delivery.objects.filter(inbound=inbound)) if inbound else []
    if trial.of != TrialOf.ONLY_TARGET and inbound is not None:
        steps.append(verdict_step(trial, inbound, lines, work))
    return Course(steps, [leg_of(line, work=work, now=now) for line in lines])


def _received(trial: Trial, inbound: Inbound) -> Step:
    words = _("The receiver took the same bytes and headers that Sentry would send, and stored them as #%(id)s.")
    return Step("received", DONE, words % {"id": inbound.pk}, at=inbound.received_at)


def _signature(inbound: Inbound) -> Step:
    if "unsigned" in inbound.flags:
        words = _("Not signed, as the older WebHooks cannot; this connection accepts that.")
    else:
        words = _("Signed with the newest client secret, and verified over the exact bytes.")
    return Step("signature", DONE, words, at=inbound.received_at)


def _parsed(inbound: Inbound, work: WorkState) -> Step:
    alert = inbound.alert
    if alert:
        named = [f"{inbound.resource}.{inbound.action}", inbound.project_slug or "UNKNOWN"]
        named += [str(alert[name]) for name in ("environment", "level", "title") if alert.get(name)]
        return Step("parsed", DONE, " · ".join(named), at=inbound.received_at)
    if inbound.status == InboundStatus.RECEIVED:
        words = _("Others of this connection are waiting, so the worker reads and decides it in its turn.")
        return Step("parsed", WAITING, words, advice=no_worker(work))
    return Step(
        "parsed",
        FAILED,
        str(inbound.get_reason_display()),
        advice=_("Report it with the error on the page of the webhook: this is our mistake."),
    )


def _without_webhook(trial: Trial) -> Iterator[Step]:
    words = _("Nothing was received: this test goes straight to the target, without rules.")
    yield Step("received", SKIPPED, words)
    yield Step("signature", SKIPPED, _("No webhook, no signature."))
    if trial.inbound is None:
        reason = wording(trial.answer_reason)
        yield Step("decided", FAILED, str(reason.meaning), advice=_unqueued_advice(trial.answer_reason))
        return
    yield Step("parsed", DONE, trial.inbound.title, at=trial.inbound.received_at)
    yield Step("decided", DONE, _("Only %(target)s is told.") % {"target": trial.name}, at=trial.inbound.received_at)


def _unqueued_advice(reason: str) -> str:
    if reason == "target_disabled":
        return _("Enable the target, then send the test again.")
    return _("This target passes on Sentry's own calls only: press Send Test Notification in Sentry.")


def _refused(trial: Trial) -> Iterator[Step]:
    """The steps of a test alert that was not taken."""
    if trial.answer_reason == "no_secret":
        yield Step("received", SKIPPED, _("Nothing was sent: it could not be signed."))
        yield Step(
            "signature",
            FAILED,
            _("The connection has no active client secret."),
            advice=_("Copy the client secret from the integration in Sentry and add it to the connection."),
        )
    elif trial.answer_reason == "unreadable_secret":
        yield Step("received", SKIPPED, _("Nothing was sent: it could not be signed."))
        yield Step(
            "signature",
            FAILED,
            _("The client secret cannot be opened: none of the keys in FIELD_KEYS fits."),
            advice=_("Add the key it was sealed with to FIELD_KEYS, or enter the secret again."),
        )
    elif trial.answer_status == 401:
        yield Step("received", DONE, _("The receiver was reached."), at=trial.created_at)
        yield Step("signature", FAILED, trial.answer_detail, at=trial.created_at)
    else:
        words = _("The receiver answered HTTP %(status)s.") % {"status": trial.answer_status}
        yield Step("received", FAILED, words, at=trial.created_at, advice=trial.answer_detail)
