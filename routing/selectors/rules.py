"""The rules, from rows to specs. A row that is as it was at the last reading is not parsed again."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson
from django.conf import settings
from django.db.models import TextField
from django.db.models.functions import Cast

from routing.models import Rule
from routing.policy.conditions import parse_when
from routing.policy.errors import SpecError
from routing.policy.severity import parse_mapping
from routing.policy.specs import RuleSpec
from routing.policy.window_json import parse_window
from routing.selectors.loading import links
from routing.selectors.snapshot import LoadedRule, SourceEntry, TargetEntry

_COLUMNS = ("id", "name", "project", "continues", "repeat_minutes", "source_id", "when_", "severity_", "active_")
_Row: TypeAlias = tuple[int, str, str, bool, int, int | None, str | None, str | None, str | None]


Known: TypeAlias = Mapping[tuple[object, ...], LoadedRule]
"""What a reading found, by everything that it depends on."""


def load_rules(
    sources: Mapping[int, SourceEntry], targets: Mapping[int, TargetEntry], known: Known
) -> dict[tuple[object, ...], LoadedRule]:
    """The enabled rules in their order. `known` is what the last reading returned."""
    rows = (
        Rule.objects.filter(enabled=True)
        .order_by("position", "id")
        .annotate(**{f"{name}_": Cast(name, TextField()) for name in ("when", "severity", "active")})
        .values_list(*_COLUMNS)
    )
    chosen = links(Rule.targets.through, "rule_id")
    names = {row: target.name for row, target in targets.items()}
    zone = settings.TIME_ZONE
    found: dict[tuple[object, ...], LoadedRule] = {}
    for row in rows:
        source = sources[row[5]].name if row[5] in sources else None
        told = [target for target in chosen.get(row[0], ()) if target in names]
        key = (row, source, zone, *told, *[names[target] for target in told])
        found[key] = known.get(key) or _parse(row, source, told, [names[target] for target in told], zone)
    return found


def spec_of(rule: Rule) -> RuleSpec:
    """One rule as deciding sees it, whether it is switched on or not; what cannot be read says so in `broken`."""
    return RuleSpec(
        id=rule.pk,
        name=rule.name,
        source=rule.source.name if rule.source else None,
        project=rule.project or None,
        targets=tuple(rule.targets.order_by("pk").values_list("pk", flat=True)),
        continues=rule.continues,
        repeat_minutes=rule.repeat_minutes,
        **_conditions(rule.when, rule.severity, rule.active, settings.TIME_ZONE),
    )


def _parse(row: _Row, source: str | None, targets: list[int], names: list[str], zone: str) -> LoadedRule:
    rule, name, project, continues, repeat_minutes, _, *texts = row
    when, severity, active = [None if text is None else orjson.loads(text) for text in texts]
    spec = RuleSpec(
        id=rule,
        name=name,
        source=source,
        project=project or None,
        targets=tuple(targets),
        continues=continues,
        repeat_minutes=repeat_minutes,
        **_conditions(when, severity, active, zone),
    )
    plain = {
        "name": name,
        "source": source,
        "project": project,
        "when": when,
        "severity": severity,
        "targets": names,
        "continue": continues,
        "repeat_minutes": repeat_minutes,
        "active": active,
    }
    return LoadedRule(spec, orjson.dumps(plain, option=orjson.OPT_SORT_KEYS))


def _conditions(when: object, severity: object, active: object, zone: str) -> dict[str, Any]:
    """What the JSON columns mean; a rule that cannot be read says why, and stops no other."""
    try:
        return {
            "when": parse_when(when),
            "severity": parse_mapping(severity),
            "active": parse_window(active, "active", default_timezone=zone),
        }
    except SpecError as error:
        return {"broken": str(error)}
