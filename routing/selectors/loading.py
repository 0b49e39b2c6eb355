"""From rows to the configuration in memory: one query a table, and no object a row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

import orjson
import structlog
from django.conf import settings
from django.db.models import Model, Q
from django.utils import timezone

from integrations.contract import DROP, Severity
from routing.fields import Sealed, UnsealingError
from routing.models import ClientSecret, HookKey, Project, SeverityMapping, Silence, Source, Target
from routing.policy.conditions import parse_when
from routing.policy.errors import SpecError
from routing.policy.specs import SeverityOrDrop, SilenceSpec
from routing.policy.window_json import parse_window
from routing.selectors.snapshot import KeyEntry, ProjectEntry, SourceEntry, TargetEntry

log = structlog.get_logger(__name__)


def load_sources() -> dict[int, SourceEntry]:
    """Every source with its active secrets; one that cannot be opened is left out and marks its source."""
    opened: dict[int, list[tuple[int, str]]] = defaultdict(list)
    unreadable: set[int] = set()
    active = ClientSecret.objects.filter(retired_at__isnull=True).order_by("id")
    for row, source, sealed in active.values_list("id", "source_id", "secret"):
        try:
            opened[source].append((row, _open(sealed, tuple(settings.FIELD_KEYS))))
        except UnsealingError:
            unreadable.add(source)
    rows = Source.objects.order_by("id").values_list("id", "name", "kind", "accept_unsigned", "issue_actions")
    return {
        source: SourceEntry(
            id=source,
            name=name,
            kind=kind,
            accept_unsigned=accept_unsigned,
            issue_actions=frozenset(actions),
            secrets=tuple(text for _, text in opened[source]),
            secret_ids=tuple(row for row, _ in opened[source]),
            has_unreadable_secret=source in unreadable,
        )
        for source, name, kind, accept_unsigned, actions in rows
    }


def load_keys(sources: Mapping[int, SourceEntry]) -> dict[str, KeyEntry]:
    """Active hook keys by their digest."""
    rows = HookKey.objects.filter(retired_at__isnull=True).values_list("digest", "source_id", "id")
    return {digest: KeyEntry(sources[source], key) for digest, source, key in rows if source in sources}


def load_targets() -> dict[int, TargetEntry]:
    """Every target, its credentials sealed."""
    columns = (
        "id",
        "name",
        "kind",
        "enabled",
        "fallback_id",
        "fallback_after_minutes",
        "options",
        "credentials",
    )
    rows = Target.objects.order_by("id").values_list(*columns)
    return {row[0]: TargetEntry(**dict(zip(columns, row, strict=True))) for row in rows}


def load_addresses() -> dict[tuple[str, str], tuple[int, ...]]:
    """Targets by kind and address digest, enabled ones first."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    rows = Target.objects.exclude(address_digest="").order_by("-enabled", "id")
    for target, kind, digest in rows.values_list("id", "kind", "address_digest"):
        found[kind, digest].append(target)
    return {address: tuple(targets) for address, targets in found.items()}


def load_projects(
    sources: Mapping[int, SourceEntry],
) -> tuple[dict[tuple[int, str], ProjectEntry], dict[tuple[str, str], tuple[int, ...]]]:
    """What is known of each project by (source, slug), and default targets by (source name, slug)."""
    known: dict[tuple[int, str], ProjectEntry] = {}
    names: dict[int, tuple[str, str]] = {}
    rows = Project.objects.order_by("id").values_list("id", "source_id", "slug", "sentry_id", "title")
    for row, source, slug, sentry_id, title in rows:
        known[source, slug] = ProjectEntry(sentry_id, bool(title))
        if source in sources:
            names[row] = (sources[source].name, slug)
    defaults = links(Project.default_targets.through, "project_id")
    return known, {names[row]: targets for row, targets in defaults.items() if row in names}


def load_source_defaults(sources: Mapping[int, SourceEntry]) -> dict[str, tuple[int, ...]]:
    """Source name -> default targets."""
    found = links(Source.default_targets.through, "source_id")
    return {sources[row].name: targets for row, targets in found.items() if row in sources}


def load_mapping() -> dict[str, SeverityOrDrop]:
    """The default mapping, keyed `status` or `status.level`."""
    rows = SeverityMapping.objects.order_by("id").values_list("sentry_status", "level", "severity")
    return {
        f"{status}.{level}" if level else status: DROP if severity == DROP else Severity(severity)
        for status, level, severity in rows
    }


def load_silences(since: datetime | None = None) -> list[tuple[SilenceSpec, bytes]]:
    """The silences that are not over, or were not at `since`, each with its canonical JSON.

    One that cannot be read holds nothing back.
    """
    found: list[tuple[SilenceSpec, bytes]] = []
    is_on = Q(ends_at__isnull=True) | Q(ends_at__gt=since or timezone.now())
    for silence in Silence.objects.filter(is_on).order_by("id"):
        try:
            spec = SilenceSpec(
                id=silence.pk,
                name=silence.name,
                when=parse_when(silence.when),
                starts_at=silence.starts_at,
                ends_at=silence.ends_at,
                weekly=parse_window(silence.weekly, "weekly", default_timezone=settings.TIME_ZONE),
            )
        except SpecError as error:
            log.warning("silence cannot be read", silence=silence.name, why=str(error))
            continue
        plain = {
            "name": silence.name,
            "when": silence.when,
            "from": silence.starts_at,
            "to": silence.ends_at,
            "weekly": silence.weekly,
        }
        found.append((spec, orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)))
    return found


@lru_cache(maxsize=4096)
def _open(sealed: Sealed, _field_keys: tuple[str, ...]) -> str:
    return sealed.open()


def links(through: type[Model], owner: str) -> dict[int, tuple[int, ...]]:
    """The rows of a many-to-many table: owner -> targets, in the order they were added."""
    found: dict[int, list[int]] = defaultdict(list)
    rows: Iterable[tuple[int, int]] = through._default_manager.order_by("id").values_list(owner, "target_id")
    for row, target in rows:
        found[row].append(target)
    return {row: tuple(targets) for row, targets in found.items()}
