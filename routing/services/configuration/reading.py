"""From YAML text to plain values, with the line of every path. Nothing but plain YAML is understood."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from integrations.contract import Text
from routing.services.configuration.problems import ConfigurationError, Problem, Unusable, joined
from routing.services.configuration.secret_text import SecretText, opened

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one with libyaml where it is there: ten times as fast."""

MAX_DEPTH = 50
MAX_VALUES = 1_000_000

_QUOTE_IT = Text('quote it: write "18:00", in quotes', '请加引号，写成 "18:00"')
_DEEP = Text("nested too deeply, or a value that refers to itself", "嵌套过深，或引用了自身")
_NO_TEXT = Text("a text without zero bytes and half characters", "文本不能包含零字节或残缺字符")
_MANY = Text("too many values", "内容过多")


@dataclass(slots=True)
class Reading:
    """A document as plain values: mappings, lists, texts, numbers, truth values, None, moments."""

    value: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    """Path -> line, counted from 1."""
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def refuse(self, path: str, text: Text) -> None:
        """Note a problem at a path."""
        self.problems.append(Problem(path, text, self.line(path)))

    def line(self, path: str) -> int | None:
        """The line of a path, or of the nearest place around it."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path)


def read_yaml(text: str) -> Reading:
    """The values of a YAML text with their lines; raises ConfigurationError naming everything unreadable."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        reading = Reading()
        if node is not None:
            reading.value = _value(node, "", loader, reading, 0)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        said = getattr(error, "problem", None) or str(error)
        raise ConfigurationError([Problem("", Text(f"not YAML: {said}", f"不是有效的 YAML：{said}"), line)]) from error
    finally:
        loader.dispose()
    if reading.problems:
        raise ConfigurationError(reading.problems)
    return reading


def read_plain(value: Any) -> Reading:
    """Values that are plain already, such as JSON from the API: there `{env: …}` and `{sealed: …}` stand for nothing.

    Raises ConfigurationError for what no database can store.
    """
    reading = Reading(value=value)
    _check_plain(value, "", reading, 0)
    if reading.problems:
        raise ConfigurationError(reading.problems)
    return reading


def _check_plain(value: Any, path: str, reading: Reading, depth: int) -> None:
    if depth > MAX_DEPTH:
        reading.refuse(path, _DEEP)
    elif isinstance(value, str):
        if "\x00" in value or _is_broken(value):
            reading.refuse(path, _NO_TEXT)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_plain(str(key), path, reading, depth)
            _check_plain(item, joined(path, str(key)), reading, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_plain(item, f"{path}[{index}]", reading, depth + 1)


def _is_broken(text: str) -> bool:
    """True for half characters, which JSON can name and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _value(node: yaml.Node, path: str, loader: Any, reading: Reading, depth: int) -> Any:
    reading.lines.setdefault(path, node.start_mark.line + 1)
    reading.count += 1
    if depth > MAX_DEPTH or reading.count > MAX_VALUES:
        reading.refuse(path, _DEEP if depth > MAX_DEPTH else _MANY)
        return None
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, f"{path}[{index}]", loader, reading, depth + 1)
            for index, item in enumerate(node.value)
            if reading.count <= MAX_VALUES
        ]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, loader, reading, depth)
    return _scalar(node, path, loader, reading)


def _mapping(node: yaml.MappingNode, path: str, loader: Any, reading: Reading, depth: int) -> Any:
    _refuse_doubles(node, path, reading)
    loader.flatten_mapping(node)
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            reading.refuse(path, Text("a key must be a plain text", "键必须是普通文本"))
            continue
        key = key_node.value
        below = joined(path, key)
        reading.lines[below] = key_node.start_mark.line + 1
        found[key] = _value(value_node, below, loader, reading, depth + 1)
    return _stood_for(found, path, reading)


def _refuse_doubles(node: yaml.MappingNode, path: str, reading: Reading) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            if key.value in seen:
                below = joined(path, key.value)
                reading.lines[below] = key.start_mark.line + 1
                reading.refuse(below, Text("this key stands twice", "该键重复出现"))
            seen.add(key.value)


def _scalar(node: yaml.Node, path: str, loader: Any, reading: Reading) -> Any:
    if node.tag.endswith((":int", ":float")) and ":" in node.value:
        reading.refuse(path, _QUOTE_IT)
        return None
    if "\x00" in node.value or _is_broken(node.value):
        reading.refuse(path, _NO_TEXT)
        return None
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        said = getattr(error, "problem", None) or str(error)
        reading.refuse(path, Text(f"not readable: {said}; quote it", f"无法读取：{said}；请加引号"))
        return None


def _stood_for(found: Mapping[str, Any], path: str, reading: Reading) -> Any:
    """The value that `{env: NAME}` or `{sealed: token}` stands for; any other mapping as it is."""
    if len(found) != 1:
        return found
    (name, given), *_ = found.items()
    if name == "env" and isinstance(given, str):
        if given not in os.environ:
            reading.refuse(path, Text(f"the environment has no {given}", f"环境变量 {given} 未设置"))
            return None
        return SecretText(os.environ[given])
    if name == "sealed" and isinstance(given, str):
        try:
            return opened(given)
        except Unusable as error:
            reading.refuse(path, error.text)
            return None
    return found
