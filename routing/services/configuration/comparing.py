"""What a document would change: computed before anything is written, and shown as it would be applied."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from routing.selectors.snapshot import HOOK_SOURCE
from routing.services.configuration.completing import complete
from routing.services.configuration.document import Document, Item
from routing.services.configuration.references import check_references
from routing.services.configuration.sections import SECTIONS
from routing.services.configuration.stored import Stored


@dataclass(slots=True, kw_only=True)
class Change:
    """One object before and after; `before` None is new, `after` None is removed."""

    section: str
    name: str
    before: Item | None
    after: Item | None
    row: Any = None

    @property
    def action(self) -> str:
        """`created`, `changed` or `deleted`."""
        if self.before is None:
            return "created"
        return "deleted" if self.after is None else "changed"

    @property
    def keys(self) -> list[str]:
        """The keys that differ."""
        before, after = self.before or {}, self.after or {}
        return [key for key in {**before, **after} if before.get(key) != after.get(key)]


@dataclass(slots=True, kw_only=True)
class Changes:
    """Everything that a document would change."""

    objects: list[Change] = field(default_factory=list)
    severity: tuple[dict[str, str], dict[str, str]] = field(default_factory=lambda: ({}, {}))
    operations_target: tuple[str | None, str | None] = (None, None)
    order: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    """The names of the rules, in their order before and after."""

    @property
    def is_moved(self) -> bool:
        """True when rules that stay stand in another order."""
        before, after = self.order
        stay = set(before) & set(after)
        return [name for name in before if name in stay] != [name for name in after if name in stay]

    def __bool__(self) -> bool:
        pairs = (self.severity, self.operations_target, self.order)
        return bool(self.objects) or any(before != after for before, after in pairs)

    def of(self, section: str) -> Iterable[Change]:
        """The changes of one section."""
        return (change for change in self.objects if change.section == section)


def compare(
    document: Document, stored: Stored, *, prune: bool, keep_order: bool = False, exact_keys: bool = False
) -> Changes:
    """What applying would change; raises ConfigurationError naming every place that cannot be applied.

    With `keep_order` the rules stay where they are and new ones come last; else they stand in the document's order,
    those that it does not list after them. With `exact_keys` a source has just the hook keys and client secrets listed.
    """
    wanted = complete(document, stored, prune=prune or exact_keys)
    removed = _removed(document, stored, prune=prune)
    final = {
        section: {
            **{name: item for name, item in stored.items[section].items() if name not in removed[section]},
            **wanted[section],
        }
        for section in SECTIONS
    }
    operations = document.operations_target if document.names_operations_target else stored.operations_target
    if operations in removed["targets"] and not document.names_operations_target:
        operations = None
    check_references(document, final, operations)
    document.finish()
    return Changes(
        objects=[*_written(wanted, stored), *_deleted(removed, stored)],
        severity=(stored.severity, _severity(document, stored, prune=prune)),
        operations_target=(stored.operations_target, operations),
        order=_order(document, list(stored.items["rules"]), list(final["rules"]), keep_order=keep_order),
    )


def _written(wanted: dict[str, dict[str, Item]], stored: Stored) -> Iterable[Change]:
    for section, items in wanted.items():
        for name, after in items.items():
            before = stored.items[section].get(name)
            if before != after:
                row = stored.rows[section].get(name)
                yield Change(section=section, name=name, before=before, after=after, row=row)


def _deleted(removed: dict[str, set[str]], stored: Stored) -> Iterable[Change]:
    for section, names in removed.items():
        for name in sorted(names):
            row, before = stored.rows[section][name], stored.items[section][name]
            yield Change(section=section, name=name, before=before, after=None, row=row)


def _removed(document: Document, stored: Stored, *, prune: bool) -> dict[str, set[str]]:
    """What is removed by name, and what pruning removes: unlisted objects of the sections that the document has.

    What made itself stays: the source of /hook, learned projects. The projects of a source go with it.
    """
    removed = {section: document.removed.get(section, set()) & set(stored.items[section]) for section in SECTIONS}
    if prune:
        for section in document.mentioned:
            unlisted = set(stored.items[section]) - set(document.sections[section])
            removed[section] |= {name for name in unlisted if not _made_itself(section, stored.rows[section][name])}
    projects = stored.items["projects"].items()
    removed["projects"] |= {name for name, item in projects if item["source"] in removed["sources"]}
    return removed


def _made_itself(section: str, row: Any) -> bool:
    return (section == "sources" and row.name == HOOK_SOURCE) or (section == "projects" and row.is_learned)


def _severity(document: Document, stored: Stored, *, prune: bool) -> dict[str, str]:
    if document.severity is None:
        return stored.severity
    kept = {key: value for key, value in stored.severity.items() if not prune or "." not in key}
    return dict(sorted({**kept, **document.severity}.items()))


def _order(document: Document, before: list[str], final: list[str], *, keep_order: bool) -> tuple[list[str], list[str]]:
    if keep_order:
        return before, final
    listed = list(document.sections["rules"])
    return before, [*listed, *[name for name in final if name not in document.sections["rules"]]]
