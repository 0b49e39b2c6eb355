"""The watch: what a person must hear of although no delivery failed."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from integrations.contract import Text
from routing.models import Inbound, InboundStatus, Notice, Project, Source, Worker
from routing.selectors.workers import STALE_AFTER
from routing.services.notices import in_both_languages, notify, over

EVERY = timedelta(minutes=1)
"""How often the watch is kept; what happened since the last round is new."""
FORGOTTEN_AFTER = timedelta(days=1)
"""A worker silent for so long was taken away on purpose."""

Found = Iterator[tuple[str, Text]]


def keep_watch(now: datetime) -> int:
    """Tell the operations target of sources gone quiet, refused calls, unrouted projects and silent workers."""
    for find in (_quiet, _refused, _unrouted, _silent_workers):
        _note(find, now)
    return 0


def _note(find: Callable[[datetime], Found], now: datetime) -> None:
    """Notice what one look found; what it finds no more of the lasting kinds is over."""
    found = dict(find(now))
    with transaction.atomic():
        for cause, title in sorted(found.items()):
            notify(cause, title, now)
        if find in (_quiet, _silent_workers):
            kind = "quiet:" if find is _quiet else "worker:"
            lasting = Notice.objects.filter(cause__startswith=kind, over_at__isnull=True).exclude(cause__in=found)
            for cause in lasting.values_list("cause", flat=True):
                over(cause, now)


def _quiet(now: datetime) -> Found:
    sources = Source.objects.filter(silence_after_minutes__isnull=False).annotate(last=Max("inbounds__received_at"))
    for source in sources:
        since = source.last or source.created_at
        if now - since > timedelta(minutes=source.silence_after_minutes or 0):
            yield f"quiet:{source.name}", _quiet_for(source.name, now - since)
    for project in Project.objects.filter(silence_after_minutes__isnull=False).select_related("source"):
        heard = Inbound.objects.filter(source=project.source, project_slug=project.slug).aggregate(
            last=Max("received_at")
        )
        since = heard["last"] or project.created_at
        if now - since > timedelta(minutes=project.silence_after_minutes or 0):
            name = f"{project.source.name}/{project.slug}"
            yield f"quiet:{name}", _quiet_for(name, now - since)


def _refused(now: datetime) -> Found:
    for source in Source.objects.filter(refused_at__gt=now - EVERY):
        sentence = _("Calls to %(name)s are refused (%(reason)s): look at Sentry connections.")
        yield f"refused:{source.name}", _worded(sentence, name=source.name, reason=source.refused_reason)


def _unrouted(now: datetime) -> Found:
    lost = Q(status=InboundStatus.UNROUTED) | Q(status=InboundStatus.FAILED)
    rows = Inbound.objects.filter(lost, received_at__gt=now - EVERY).values_list("source_name", "project_slug")
    for source, project in rows.distinct():
        name = f"{source}/{project or 'UNKNOWN'}"
        yield (
            f"unrouted:{name}",
            _worded(_("Alerts of %(name)s reach nobody: make a rule or set a default target."), name=name),
        )


def _silent_workers(now: datetime) -> Found:
    silent = Worker.objects.filter(beat_at__lt=now - STALE_AFTER, beat_at__gt=now - FORGOTTEN_AFTER)
    for worker in silent:
        yield f"worker:{worker.host}", _worded(_("A worker on %(name)s has gone silent."), name=worker.host)


def _quiet_for(name: str, silence: timedelta) -> Text:
    minutes = int(silence.total_seconds() // 60)
    return _worded(_("%(name)s has been quiet for %(minutes)s minutes."), name=name, minutes=minutes)


def _worded(sentence: object, **values: object) -> Text:
    text = in_both_languages(sentence)
    return Text(text.en % values, text.zh % values)
