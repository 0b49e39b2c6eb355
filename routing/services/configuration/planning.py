"""Changes for people: one line an object and one a key, secrets masked."""

import json
from collections.abc import Iterator
from typing import Any

from routing.services.configuration.comparing import Change, Changes, compare
from routing.services.configuration.document import Document
from routing.services.configuration.exporting import plain_value
from routing.services.configuration.sections import keys_of
from routing.services.configuration.stored import load

_WORDS = {"sources": "source", "projects": "project", "targets": "target", "rules": "rule", "silences": "silence"}
_IDENTITY = {**dict.fromkeys(_WORDS, ("name",)), "projects": ("source", "slug")}
_SIGNS = {"created": "+", "changed": "~", "deleted": "-"}


def plan(document: Document, *, prune: bool) -> Changes:
    """What applying the document would change, without writing; raises ConfigurationError and UnsealingError."""
    return compare(document, load(), prune=prune)


def render(changes: Changes) -> str:
    """The changes as a diff: `+` new, `-` removed, `~` changed; empty where there are none."""
    return "".join(f"{line}\n" for line in _lines(changes))


def _lines(changes: Changes) -> Iterator[str]:
    before, after = changes.operations_target
    if before != after:
        yield f"~ operations_target: {_shown(before)} -> {_shown(after)}"
    yield from _pairs("severity", *changes.severity)
    for change in changes.objects:
        yield from _object(change)
    if changes.is_moved:
        yield f"~ order of rules: {', '.join(changes.order[1])}"


def _pairs(name: str, before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    for key in sorted({**before, **after}):
        old, new = before.get(key), after.get(key)
        if old is None:
            yield f"+ {name} {key}: {_shown(new)}"
        elif new is None:
            yield f"- {name} {key}: {_shown(old)}"
        elif old != new:
            yield f"~ {name} {key}: {_shown(old)} -> {_shown(new)}"


def _object(change: Change) -> Iterator[str]:
    yield f"{_SIGNS[change.action]} {_WORDS[change.section]} {change.name}"
    if change.after is None:
        return
    before = change.before or {}
    for key in keys_of(change.section, change.after):
        if key.name in _IDENTITY[change.section]:
            continue
        old, new = before.get(key.name), change.after.get(key.name)
        if change.before is None and new not in (key.default, None, [], {}, ""):
            yield f"    + {key.name}: {_shown(new)}"
        elif change.before is not None and old != new:
            yield f"    {_change(key.name, old, new)}"


def _change(name: str, old: Any, new: Any) -> str:
    if isinstance(old, list) and isinstance(new, list) and name != "when":
        gone = [f"- {_shown(item)}" for item in old if item not in new]
        come = [f"+ {_shown(item)}" for item in new if item not in old]
        return f"~ {name}: {' '.join([*gone, *come]) or _shown(new)}"
    if old in (None, [], {}, ""):
        return f"+ {name}: {_shown(new)}"
    if new in (None, [], {}, ""):
        return f"- {name}: {_shown(old)}"
    return f"~ {name}: {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    plain = plain_value(value, masked=True)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
