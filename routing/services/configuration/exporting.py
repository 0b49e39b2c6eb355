"""The canonical text of the stored configuration: equal configurations give equal bytes."""

import re
from datetime import datetime
from typing import Any

import yaml

from routing.services.configuration.document import VERSION, Item
from routing.services.configuration.secret_text import MASK, SecretText
from routing.services.configuration.sections import SECTIONS, keys_of
from routing.services.configuration.stored import Stored, load

_WIDE = 1_000_000
"""No line is folded: a diff of two exports shows what changed and nothing else."""

_ORDER = ("field", "op", "value", "days", "from", "to", "timezone", "critical", "warning", "info", "per_second")
"""The order of keys inside a value; others follow by name. Postgres does not keep the order they were stored in."""

_CLOCK = re.compile(r"\d{1,2}:\d{2}")


class _Dumper(yaml.SafeDumper):
    """Every time of day in quotes, also those that YAML would take for text without them."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _CLOCK.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def export(*, masked: bool = False) -> str:
    """The stored configuration as YAML; secrets sealed, or masked. Raises UnsealingError."""
    plain = to_plain(load(), masked=masked)
    return yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDE)


def to_plain(stored: Stored, *, masked: bool) -> dict[str, Any]:
    """The stored configuration as plain values, in the document's words and order."""
    head: dict[str, Any] = {"version": VERSION}
    if stored.operations_target is not None:
        head["operations_target"] = stored.operations_target
    head["severity"] = dict(sorted(stored.severity.items()))
    body = {
        section: [plain_item(section, item, masked=masked) for item in stored.items[section].values()]
        for section in SECTIONS
    }
    return {**head, **body}


def plain_item(section: str, item: Item, *, masked: bool, full: bool = False) -> dict[str, Any]:
    """One object as plain values; keys at their default are left out unless `full`."""
    found: dict[str, Any] = {}
    for key in keys_of(section, item):
        value = item.get(key.name, key.default)
        if full or key.required or (value != key.default and not (key.kept and value in (None, [], ""))):
            found[key.name] = plain_value(value, masked=masked)
    return found


def plain_value(value: Any, *, masked: bool) -> Any:
    """A value without types of ours."""
    if isinstance(value, SecretText):
        return MASK if masked else {"sealed": value.sealed().token}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain_value(value[key], masked=masked) for key in sorted(value, key=_rank)}
    if isinstance(value, list | tuple):
        return [plain_value(item, masked=masked) for item in value]
    return value


def _rank(key: str) -> tuple[int, str]:
    return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)
