"""The watch: what a person must hear of although no delivery failed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.contract import Text
from routing.models import Inbound, InboundStatus, Notice, Project, Rhythm, Source, Worker
from routing.policy.rhythms import AT_LEAST
from routing.selectors.rhythms import expectation
from routing.selectors.workers import STALE_AFTER
from routing.services.upkeep.listening import listen
from routing.services.upkeep.notices import AGAIN_AFTER, in_both_languages, notify, over

EVERY = timedelta(minutes=1)
"""How often the watch is kept; what happened since the last round is new."""
FORGOTTEN_AFTER = timedelta(days=1)
"""A worker silent for so long was taken away on purpose."""
CALM_AFTER = timedelta(minutes=10)
"""Without a refused call, and with an accepted one since, the trouble with signatures is over."""
CAUSE_LENGTH = 200
NAMED = 10
"""New projects that a message names."""

Found = Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: by cause what to say, which lasting causes still hold, and how to say that one is over."""

    found: Found
    kind: str = ""
    """What the lasting causes begin with; empty for what happens, and does not last."""
    holds: frozenset[str] = field(default_factory=frozenset)
    over: object = ""
    again_after: timedelta = AGAIN_AFTER
    """How often a lasting cause is told again."""


def keep_watch(now: datetime) -> int:
    """Tell the operations target of what is quiet, refused, unrouted, new or silent, and of what is over."""
    current = listen(now)
    for look in (_quiet(now, current), _refused(now), _unrouted(now), _appeared(now), _silent_workers(now)):
        _note(look, now)
    return 0


def _note(look: Look, now: datetime) -> None:
    found = {cause[:CAUSE_LENGTH]: title for cause, title in look.found.items()}
    standing = {*found, *(cause[:CAUSE_LENGTH] for cause in look.holds)}
    with transaction.atomic():
        for cause, title in sorted(found.items()):
            notify(cause, title, now, again_after=look.again_after)
        if not look.kind:
            return
        lasting = Notice.objects.filter(cause__startswith=look.kind, over_at__isnull=True)
        for cause in lasting.values_list("cause", flat=True):
            if cause not in standing:
                over(cause, now, _worded(look.over, name=cause.removeprefix(look.kind)))


def _quiet(now: datetime, current: frozenset[int]) -> Look:
    """What was not heard of for too long; while webhooks are still being taken in, nobody can tell."""
    rows = {(row.source_id, row.project_slug): row for row in Rhythm.objects.all()}
    found: dict[str, Text] = {}
    holds: set[str] = set()
    for source in Source.objects.order_by("name"):
        row = rows.get((source.pk, ""))
        if source.pk not in current:
            holds.add(f"quiet:{source.name}")
        elif silence := _too_long(source.silence_after_minutes, row, source.created_at, now):
            found[f"quiet:{source.name}"] = _quiet_for(source.name, silence)
    for project in Project.objects.select_related("source").order_by("pk"):
        name, row = f"{project.source.name}/{project.slug}", rows.get((project.source_id, project.slug))
        silence = _too_long(project.silence_after_minutes, row, project.created_at, now)
        is_told_of = f"quiet:{project.source.name}" in found and project.silence_after_minutes is None
        if is_told_of or project.source_id not in current:
            holds.add(f"quiet:{name}")
        elif silence:
            found[f"quiet:{name}"] = _quiet_for(name, silence)
    return Look(found, "quiet:", frozenset(holds), _("%(name)s is heard again."), timedelta(days=1))


def _too_long(minutes: int | None, row: Rhythm | None, since: datetime, now: datetime) -> timedelta | None:
    """How long nothing came, where that is longer than set or, with nothing set, than is usual."""
    last = row.last_at if row is not None and row.last_at is not None else since
    if minutes is None and now - last <= AT_LEAST:
        return None  # never odd: what is usual need not be worked out, every minute and for every project
    late_at = expectation(minutes, row, since, now).late_at
    return now - last if late_at is not None and now > late_at else None


def _refused(now: datetime) -> Look:
    found, holds = {}, set()
    heard = dict(Rhythm.objects.filter(project_slug="").values_list("source_id", "last_at"))
    for source in Source.objects.filter(refused_at__isnull=False):
        last, refused_at = heard.get(source.pk), source.refused_at or now
        if refused_at > now - EVERY:
            sentence = _("Calls to %(name)s are refused (%(reason)s): look at Sentry connections.")
            found[f"refused:{source.name}"] = _worded(sentence, name=source.name, reason=source.refused_reason)
        elif now - refused_at < CALM_AFTER or last is None or last <= refused_at:
            holds.add(f"refused:{source.name}")
    return Look(found, "refused:", frozenset(holds), _("Calls to %(name)s are accepted again."))


def _unrouted(now: datetime) -> Look:
    lost = Q(status=InboundStatus.UNROUTED) | Q(status=InboundStatus.FAILED)
    rows = Inbound.objects.filter(lost, received_at__gt=now - EVERY).values_list("source_name", "project_slug")
    sentence = _("Alerts of %(name)s reach nobody: make a rule or set a default target.")
    names = {f"{source}/{project or 'UNKNOWN'}" for source, project in rows.distinct()}
    return Look({f"unrouted:{name}": _worded(sentence, name=name) for name in names})


def _appeared(now: datetime) -> Look:
    """Projects learned since the operations target was last told of new ones: many at once make one message an hour."""
    told = dict(Notice.objects.filter(cause__startswith="appeared:").values_list("cause", "told_at"))
    learned = Project.objects.filter(is_learned=True, created_at__gt=now - FORGOTTEN_AFTER).select_related("source")
    new: dict[str, list[str]] = {}
    for project in learned.order_by("pk"):
        last = told.get(f"appeared:{project.source.name}")
        if project.created_at > max(last or now - EVERY, now - FORGOTTEN_AFTER):
            new.setdefault(project.source.name, []).append(project.slug)
    sentence = _("New projects of %(name)s: %(projects)s. Rules and default targets decide who hears of them.")
    return Look({f"appeared:{name}": _worded(sentence, name=name, projects=_some(each)) for name, each in new.items()})


def _silent_workers(now: datetime) -> Look:
    silent = Worker.objects.filter(beat_at__lt=now - STALE_AFTER, beat_at__gt=now - FORGOTTEN_AFTER)
    sentence = _("A worker on %(name)s has gone silent.")
    found = {f"worker:{worker.host}": _worded(sentence, name=worker.host) for worker in silent}
    return Look(found, "worker:", over=_("No worker on %(name)s is silent any more."))


def _some(slugs: list[str]) -> str:
    more = len(slugs) - NAMED
    return ", ".join(slugs[:NAMED]) + (f" (+{more})" if more > 0 else "")


def _quiet_for(name: str, silence: timedelta) -> Text:
    minutes = int(silence.total_seconds() // 60)
    return _worded(_("%(name)s has been quiet for %(minutes)s minutes."), name=name, minutes=minutes)


def _worded(sentence: object, **values: object) -> Text:
    text = in_both_languages(sentence)
    return Text(text.en % values, text.zh % values)
