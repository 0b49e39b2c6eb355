"""A checked configuration document: what every face hands to planning, applying and testing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from integrations.contract import Text
from routing.services.configuration import values
from routing.services.configuration.problems import ConfigurationError, Unusable, joined
from routing.services.configuration.reading import Reading, read_yaml
from routing.services.configuration.sections import SECTIONS, TOP_LEVEL, Key, identity, keys_of

VERSION = 1

Item: TypeAlias = dict[str, Any]
"""One object: every key that means something, in its normal form; keys that keep what is stored may be missing."""


@dataclass(slots=True, kw_only=True)
class Document:
    """Sections by the identity of their objects, in the document's order."""

    sections: dict[str, dict[str, Item]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    severity: dict[str, str] | None = None
    """None: not mentioned."""
    names_operations_target: bool = False
    operations_target: str | None = None
    mentioned: set[str] = field(default_factory=set)
    """The sections that are there, be they empty: pruning touches no other."""
    removed: dict[str, set[str]] = field(default_factory=dict)
    """Section -> identities to remove, pruning or not."""
    tests: list[Item] = field(default_factory=list)
    paths: dict[tuple[str, str], str] = field(default_factory=dict)
    """(section, identity) -> path."""
    reading: Reading = field(default_factory=Reading)

    def path(self, section: str, name: str, key: str = "") -> str:
        """Where an object, or one of its keys, stands."""
        return joined(self.paths.get((section, name), section), key)

    def finish(self) -> None:
        """Raise ConfigurationError when anything was refused so far."""
        if self.reading.problems:
            raise ConfigurationError(self.reading.problems)


def parse_file(text: str) -> Document:
    """The document of a YAML text; raises ConfigurationError naming every unusable place."""
    return parse(read_yaml(text))


def parse(reading: Reading) -> Document:
    """The document of plain values; raises ConfigurationError naming every unusable place."""
    document = Document(reading=reading)
    top = reading.value if reading.value is not None else {}
    if not isinstance(top, dict):
        reading.refuse(
            "", Text("write sections such as sources, targets, rules", "请写成 sources、targets、rules 等段落")
        )
        document.finish()
    _refuse_unknown(reading, top, TOP_LEVEL, "")
    if top.get("version") != VERSION:
        reading.refuse("version", Text("this version reads files with version: 1", "本版本只能读取 version: 1 的文件"))
    if top.get("severity") is not None:
        document.severity = _value(reading, values.overlay, top["severity"], "severity")
    if "operations_target" in top:
        document.names_operations_target = True
        document.operations_target = _value(
            reading, values.optional_name, top["operations_target"], "operations_target"
        )
    document.mentioned = {name for name in SECTIONS if name in top}
    for section in SECTIONS:
        for item, path in _items(reading, top.get(section), section):
            _keep(document, section, item, path)
    document.tests = [item for item, _ in _items(reading, top.get("tests"), "tests")]
    document.finish()
    return document


def _items(reading: Reading, given: Any, section: str) -> list[tuple[Item, str]]:
    if given is None:
        return []
    if not isinstance(given, list):
        reading.refuse(section, Text("give a list", "请填写列表"))
        return []
    found = [(_item(reading, item, section, f"{section}[{index}]"), index) for index, item in enumerate(given)]
    return [(item, f"{section}[{index}]") for item, index in found if item is not None]


def _item(reading: Reading, given: Any, section: str, path: str) -> Item | None:
    if not isinstance(given, dict):
        reading.refuse(path, Text("write its keys, as in {name: …}", "请写成 {name: …} 的形式"))
        return None
    keys = keys_of(section, given)
    _refuse_unknown(reading, given, tuple(key.name for key in keys), path)
    before = len(reading.problems)
    item: Item = {}
    for key in keys:
        _read_key(reading, given, key, path, item)
    return item if len(reading.problems) == before else None


def _read_key(reading: Reading, given: Mapping[str, Any], key: Key, path: str, item: Item) -> None:
    if key.name in given and not (key.kept and given[key.name] is None):
        item[key.name] = _value(reading, key.read, given[key.name], f"{path}.{key.name}")
    elif key.required:
        reading.refuse(joined(path, key.name), Text(f"{key.name} is missing", f"缺少 {key.name}"))
    elif not key.kept:
        item[key.name] = key.default


def _value(reading: Reading, read: values.Reader, given: Any, path: str) -> Any:
    try:
        return read(given)
    except Unusable as error:
        reading.refuse(joined(path, error.path), error.text)
        return None


def _refuse_unknown(reading: Reading, given: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
    for key in given:
        if key not in known:
            names = ", ".join(known)
            text = Text(f"unknown key; known are {names}", f"未知的键，可用：{names}")
            reading.refuse(joined(path, str(key)), text)


def _keep(document: Document, section: str, item: Item, path: str) -> None:
    name = identity(section, item)
    if name in document.sections[section]:
        text = Text(f"{name} stands twice", f"{name} 重复出现")
        document.reading.refuse(joined(path, "slug" if section == "projects" else "name"), text)
        return
    document.sections[section][name] = item
    document.paths[section, name] = path
    for refusal_path, text in _contradictions(section, item):
        document.reading.refuse(joined(path, refusal_path), text)


def _contradictions(section: str, item: Item) -> list[tuple[str, Text]]:
    if section == "targets" and item["fallback"] == item["name"]:
        return [("fallback", Text("a target cannot be its own fallback", "备用目标不能是自己"))]
    if section != "silences":
        return []
    has_range = item["from"] is not None and item["to"] is not None
    has_part = item["from"] is not None or item["to"] is not None
    if (item["weekly"] is not None) == has_part or has_part != has_range:
        return [("", Text("give either from and to, or weekly", "请填写 from 和 to，或填写 weekly"))]
    if has_range and item["to"] <= item["from"]:
        return [("to", Text("the end must be after the start", "结束时间必须晚于开始时间"))]
    return []
