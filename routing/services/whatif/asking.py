"""Asking what would change: by what is saved, by a document, or by a rule that is still being edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from routing.models import Rule
from routing.policy.cases import Course, Setup, ThreadKey
from routing.policy.threads import ThreadState
from routing.policy.whatif import simulate
from routing.selectors import configuration, recent
from routing.selectors.recent import Seen
from routing.services.configuration.comparing import Change, Changes, compare
from routing.services.configuration.document import Document, Item
from routing.services.configuration.stored import load
from routing.services.whatif.answers import LOG, SAVED, Answer, Compared
from routing.services.whatif.setups import edited_setup, saved_setup

USUAL, MOST = 200, 2000
"""How many of the last webhooks are asked about."""


@dataclass(frozen=True, slots=True)
class _Material:
    """What is simulated, and what it starts from."""

    seen: Sequence[Seen]
    since: datetime
    now: datetime
    threads: Mapping[ThreadKey, ThreadState]

    @classmethod
    def of(cls, last: int, now: datetime) -> "_Material":
        """The last webhooks, with what targets had been told before them."""
        seen = recent.last_alerts(max(1, min(last, MOST)))
        since = seen[0].case.at if seen else now
        return cls(seen, since, now, recent.threads_at(since, {one.case.alert.alert_key for one in seen}))

    def course(self, setup: Setup) -> Course:
        """What a rule set makes of it."""
        return simulate([one.case for one in self.seen], setup=setup, threads=self.threads, now=self.now)

    def answer(self, compared_with: str, before: tuple[Course, Setup], after: tuple[Course, Setup]) -> Answer:
        """The difference of two courses."""
        compared = Compared(
            before=before[0],
            after=after[0],
            places_before=before[1].places,
            places_after=after[1].places,
            since=self.since,
            until=self.now,
        )
        return compared.answer(compared_with, {one.case.inbound: one for one in self.seen})


def what_if_saved(*, last: int = USUAL, now: datetime | None = None) -> Answer:
    """What the saved rules would make of the last webhooks, beside what the log says became of them."""
    material = _Material.of(last, now or timezone.now())
    saved = saved_setup(configuration.current(), material.since)
    return material.answer(LOG, (recent.course_of_log(material.seen), saved), (material.course(saved), saved))


def what_if_changed(changes: Changes, *, last: int = USUAL, now: datetime | None = None) -> Answer:
    """What the changes would make of the last webhooks, beside what the saved rules make of them."""
    material = _Material.of(last, now or timezone.now())
    saved = saved_setup(configuration.current(), material.since)
    edited = edited_setup(saved, changes)
    return material.answer(SAVED, (material.course(saved), saved), (material.course(edited), edited))


def what_if_document(document: Document, *, prune: bool = False, last: int = USUAL) -> Answer:
    """What applying the document would make of the last webhooks, beside what the saved rules make of them.

    Raises ConfigurationError where the document cannot be applied, and UnsealingError.
    """
    return what_if_changed(compare(document, load(), prune=prune), last=last)


def what_if_rule(item: Item, *, rule: Rule | None, last: int = USUAL) -> Answer:
    """What saving a rule would change. `item` has the keys of the configuration file; `rule` is None for a new one."""
    return what_if_changed(_changes_of(item, rule), last=last)


def _changes_of(item: Item, rule: Rule | None) -> Changes:
    """A rule keeps its place, also under a new name; a new one comes last."""
    names = list(Rule.objects.order_by("position", "id").values_list("name", flat=True))
    old = None if rule is None else Rule.objects.values_list("name", flat=True).get(pk=rule.pk)
    order = [item["name"] if name == old else name for name in names]
    objects = [Change(section="rules", name=item["name"], before=None, after=item)]
    if old is None:
        order.append(item["name"])
    elif old != item["name"]:
        objects.append(Change(section="rules", name=old, before=item, after=None))
    return Changes(objects=objects, order=(names, order))
