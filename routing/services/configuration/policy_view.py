"""A document as the policy sees it: the same specs that rows become, without a row."""

from collections.abc import Iterator
from dataclasses import dataclass

from routing.policy.conditions import parse_when
from routing.policy.severity import DEFAULT_MAPPING, parse_mapping
from routing.policy.specs import Configuration, RuleSpec, SeverityOrDrop, SilenceSpec, TargetSpec
from routing.policy.window_json import parse_window
from routing.services.configuration.document import Document, Item

ELSEWHERE: Item = {"kind": "", "enabled": True}
"""A target that only the database describes."""


@dataclass(frozen=True, slots=True)
class Names:
    """Targets by name."""

    ids: dict[str, int]

    def of(self, names: list[str]) -> tuple[int, ...]:
        """Their numbers; a name that leads nowhere is left out."""
        return tuple(self.ids[name] for name in names if name in self.ids)


def configuration_of(document: Document) -> Configuration:
    """What deciding by the document alone depends on; what only the database knows is not there.

    A target that the document names without describing it is taken to be there, so that a file of rules can be
    tested without the secrets of its targets.
    """
    targets = dict.fromkeys(_named(document), ELSEWHERE) | document.sections["targets"]
    names = Names({name: index for index, name in enumerate(targets, start=1)})
    rules = [item for item in document.sections["rules"].values() if item["enabled"]]
    silences = document.sections["silences"].values()
    mapping: dict[str, SeverityOrDrop] = {**DEFAULT_MAPPING, **parse_mapping(document.severity)}
    return Configuration(
        version="file",
        rules=tuple(rule_spec(index, item, names) for index, item in enumerate(rules, start=1)),
        severity=mapping,
        silences=tuple(silence_spec(index, item) for index, item in enumerate(silences, start=1)),
        targets={
            names.ids[name]: TargetSpec(id=names.ids[name], name=name, kind=item["kind"], enabled=item["enabled"])
            for name, item in targets.items()
        },
        source_defaults={
            name: names.of(item["default_targets"]) for name, item in document.sections["sources"].items()
        },
        project_defaults={
            (item["source"], item["slug"]): names.of(item["default_targets"])
            for item in document.sections["projects"].values()
            if item["default_targets"]
        },
    )


def _named(document: Document) -> Iterator[str]:
    """Every target that rules and default targets name."""
    for item in document.sections["rules"].values():
        yield from item["targets"]
    for section in ("sources", "projects"):
        for item in document.sections[section].values():
            yield from item["default_targets"]


def rule_spec(number: int, item: Item, names: Names) -> RuleSpec:
    """A rule of the document; its values are checked already."""
    return RuleSpec(
        id=number,
        name=item["name"],
        source=item["source"],
        project=item["project"] or None,
        when=parse_when(item["when"]),
        severity=parse_mapping(item["severity"]),
        targets=names.of(item["targets"]),
        continues=item["continue"],
        repeat_minutes=item["repeat_minutes"],
        active=parse_window(item["active"], "active", default_timezone="UTC"),
    )


def silence_spec(number: int, item: Item) -> SilenceSpec:
    """A silence of the document; its values are checked already."""
    return SilenceSpec(
        id=number,
        name=item["name"],
        when=parse_when(item["when"]),
        starts_at=item["from"],
        ends_at=item["to"],
        weekly=parse_window(item["weekly"], "weekly", default_timezone="UTC"),
    )
