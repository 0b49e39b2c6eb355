"""Readers of single values: each takes what a document says and answers the normal form, or says what to do."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import yaml
from django.conf import settings

from integrations.contract import DROP, Severity, Text
from integrations.registry import DESTINATIONS
from routing.models.naming import NAME
from routing.policy.conditions import parse_when, when_to_json
from routing.policy.errors import SpecError
from routing.policy.severity import parse_mapping
from routing.policy.window_json import parse_moment, parse_window, window_to_json
from routing.services.configuration.problems import Unusable, joined
from routing.services.configuration.secret_text import SecretText, as_secret

Reader: TypeAlias = Callable[[Any], Any]

_Read = TypeVar("_Read")

ISSUE_ACTIONS = ("created", "unresolved", "archived", "ignored")
MAX_NUMBER = 2_147_483_647
MAX_SENTRY_ID = 9_223_372_036_854_775_807


def text(limit: int) -> Reader:
    """A text of at most `limit` characters; None is the empty one."""

    def read(value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Unusable(Text("give a text, in quotes", "请填写文本（加引号）"))
        if len(value) > limit:
            raise Unusable(Text(f"use at most {limit} characters", f"最多 {limit} 个字符"))
        if "\x00" in value:
            raise Unusable(Text("a text has no zero bytes", "文本不能包含零字节"))
        return str(value)

    return read


def name(value: Any) -> str:
    """The name of an object."""
    if not isinstance(value, str) or not re.search(NAME.regex, value):
        raise Unusable(
            Text(
                "begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all)",
                "以字母或数字开头，其后可用字母、数字、空格和 . : / @ + - _（共不超过 100 个字符）",
            )
        )
    return str(value)


def optional_name(value: Any) -> str | None:
    """The name of another object, or None."""
    return None if value in (None, "") else name(value)


def flag(value: Any) -> bool:
    """True or false."""
    value = _plain(value)
    if not isinstance(value, bool):
        raise Unusable(Text("write true or false", "请填写 true 或 false"))
    return value


def number(limit: int = MAX_NUMBER, *, least: int = 0) -> Reader:
    """A whole number from `least` to `limit`."""

    def read(value: Any) -> int:
        value = _plain(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= limit:
            raise Unusable(Text(f"give a whole number from {least} to {limit}", f"请填写 {least} 到 {limit} 的整数"))
        return value

    return read


def optional(read: Reader) -> Reader:
    """As `read`, and None where nothing is given."""
    return lambda value: None if value is None else read(value)


def listing(read: Reader) -> Reader:
    """A list without repetitions; None is the empty one. Raises Unusable with the position."""

    def read_all(value: Any) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise Unusable(Text("give a list", "请填写列表"))
        return list(dict.fromkeys(_at(read, item, f"[{index}]") for index, item in enumerate(value)))

    return read_all


def sorted_listing(read: Reader) -> Reader:
    """A list whose order means nothing, in its normal order."""
    read_all = listing(read)
    return lambda value: sorted(read_all(value))


def secret(value: Any) -> SecretText:
    """One secret of a source, as a text that is not shown."""
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,200}|•+", value):
        raise Unusable(Text("give the secret as one word, in quotes", "请填写一个不含空格的密文（加引号）"))
    return as_secret(value)


def hook_key(value: Any) -> SecretText:
    """One hook key: it stands in a URL."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9._~-]{1,200}|•+", value):
        raise Unusable(
            Text(
                "use letters, digits and - . _ ~ only: it stands in a URL",
                "只能使用字母、数字和 - . _ ~，因为它位于 URL 中",
            )
        )
    return as_secret(value)


def credential(value: Any) -> SecretText | None:
    """A secret setting of a target; None and the empty text keep what is stored."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Unusable(Text("give a text, in quotes", "请填写文本（加引号）"))
    return as_secret(value)


def anything(value: Any) -> Any:
    """A value that is checked later, by the kind of its target; text from the environment may stand for any scalar."""
    return _plain(value) if isinstance(value, SecretText) and not isinstance(_plain(value), str) else value


def slug(value: Any) -> str:
    """A project's slug."""
    found: str = text(200)(value)
    if not found.strip():
        raise Unusable(Text("give the project's slug", "请填写项目 slug"))
    return found


def kind(value: Any) -> str:
    """A registered kind of target."""
    if not isinstance(value, str) or value not in DESTINATIONS:
        known = ", ".join(sorted(DESTINATIONS))
        raise Unusable(Text(f"there is no such kind; use one of {known}", f"没有这种类型，可用：{known}"))
    return str(value)


def payload(value: Any) -> Any:
    """A payload of a routing test: a path, or the payload itself."""
    if not isinstance(value, str | dict) or not value:
        raise Unusable(Text("give a path, or the payload itself", "请填写文件路径或内容本身"))
    return value


def expectation(value: Any) -> dict[str, Any]:
    """What a routing test expects: targets, severity (one, or by target), reason."""
    if not isinstance(value, dict) or not value:
        raise Unusable(Text("give targets, severity or reason", "请填写 targets、severity 或 reason"))
    readers: dict[str, Reader] = {"targets": listing(name), "severity": _expected_severity, "reason": text(32)}
    found = {}
    for key, given in value.items():
        if key not in readers:
            known = ", ".join(readers)
            raise Unusable(Text(f"unknown key; known are {known}", f"未知的键，可用：{known}"), key)
        found[key] = _at(readers[key], given, key)
    return found


def _expected_severity(value: Any) -> str | dict[str, str]:
    if isinstance(value, dict):
        return {name(target): _severity(found) for target, found in value.items()}
    return _severity(value)


def _severity(value: Any) -> str:
    known = [*(severity.value for severity in Severity), DROP]
    if value not in known:
        raise Unusable(Text(f"use one of {', '.join(known)}", f"可用：{'、'.join(known)}"))
    return str(value)


def issue_action(value: Any) -> str:
    """An issue action to route."""
    if value not in ISSUE_ACTIONS:
        known = ", ".join(ISSUE_ACTIONS)
        raise Unusable(Text(f"use one of {known}", f"可用：{known}"))
    return str(value)


def when(value: Any) -> list[dict[str, Any]]:
    """Conditions, in their canonical form."""
    return _spec(lambda: when_to_json(parse_when(value, "")))


def window(value: Any) -> dict[str, Any] | None:
    """A weekly window, in its canonical form."""

    def read() -> dict[str, Any] | None:
        parsed = parse_window(value, "", default_timezone=settings.TIME_ZONE)
        return None if parsed is None else window_to_json(parsed)

    return _spec(read)


def overlay(value: Any) -> dict[str, str]:
    """A severity mapping."""
    return _spec(lambda: {key: str(found) for key, found in sorted(parse_mapping(value, "").items())})


def moment(value: Any) -> datetime | None:
    """A moment with its offset, in UTC; None where nothing is given."""
    if value is None:
        return None
    try:
        return _spec(lambda: parse_moment(value, "")).astimezone(UTC)
    except OverflowError as error:
        raise Unusable(Text("this is no date that can be stored", "无法存储该日期")) from error


def _spec(read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except SpecError as error:
        raise Unusable(error.text, error.path.lstrip(".")) from error


def _at(read: Reader, value: Any, path: str) -> Any:
    try:
        return read(value)
    except Unusable as error:
        raise Unusable(error.text, joined(path, error.path)) from error


def _plain(value: Any) -> Any:
    """What the environment says of a number or truth value is text, and read as YAML reads it."""
    if not isinstance(value, SecretText):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value
