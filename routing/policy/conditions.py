"""The `when` list of rules and silences: from JSON to checked specs, and back."""

from collections.abc import Mapping
from typing import Any

from integrations.contract import LEVELS, Text
from routing.policy.errors import ConditionError
from routing.policy.fields import FIELDS, is_field
from routing.policy.operators import OPERATORS, REGULAR, Takes
from routing.policy.patterns import MAX_PATTERN_LENGTH, PatternError, compile_pattern
from routing.policy.specs import AnyOf, MatcherSpec, When

MAX_CONDITIONS = 100
"""Conditions in one `when`, alternatives included."""

MAX_VALUES = 1000
"""Values in one list."""


def parse_when(value: object, path: str = "when") -> When:
    """The checked conditions of a `when` list; None and the empty list hold for every alert.

    Raises ConditionError, which names the place under `path` and says what to do.
    """
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ConditionError(path, Text("give a list of conditions", "请填写条件列表"))
    when = tuple([_parse_item(item, f"{path}[{index}]") for index, item in enumerate(value)])
    if sum(len(item.matchers) if isinstance(item, AnyOf) else 1 for item in when) > MAX_CONDITIONS:
        raise ConditionError(
            path, Text(f"use at most {MAX_CONDITIONS} conditions", f"条件最多 {MAX_CONDITIONS} 个，请拆分成多条规则")
        )
    return when


def when_to_json(when: When) -> list[dict[str, Any]]:
    """The canonical JSON of conditions: `parse_when` of it gives the same specs."""
    return [
        {"any": [matcher_to_json(matcher) for matcher in item.matchers]}
        if isinstance(item, AnyOf)
        else matcher_to_json(item)
        for item in when
    ]


def matcher_to_json(matcher: MatcherSpec) -> dict[str, Any]:
    """One condition as the configuration file writes it."""
    value: Any = list(matcher.value) if isinstance(matcher.value, tuple) else matcher.value
    named = {"field": matcher.field, "op": matcher.operator}
    return named if value is None else {**named, "value": value}


def _parse_item(item: object, path: str) -> MatcherSpec | AnyOf:
    if not isinstance(item, Mapping):
        raise ConditionError(
            path,
            Text(
                'write {"field": …, "op": …, "value": …} or {"any": […]}', "请写成 {field, op, value} 或 {any: [...]}"
            ),
        )
    if "any" not in item:
        return _parse_matcher(item, path)
    if len(item) > 1:
        raise ConditionError(path, Text("`any` stands alone in its entry", "any 必须单独成项，不能与其他键并列"))
    alternatives = item["any"]
    if not isinstance(alternatives, list | tuple) or not alternatives:
        raise ConditionError(f"{path}.any", Text("give at least one condition", "请至少填写一个条件"))
    return AnyOf(tuple([_parse_alternative(each, f"{path}.any[{index}]") for index, each in enumerate(alternatives)]))


def _parse_alternative(item: object, path: str) -> MatcherSpec:
    if not isinstance(item, Mapping) or "any" in item:
        raise ConditionError(
            path, Text('write {"field": …, "op": …, "value": …} here', "此处请写成 {field, op, value}")
        )
    return _parse_matcher(item, path)


def _parse_matcher(item: Mapping[Any, Any], path: str) -> MatcherSpec:
    for key in item:
        if key not in ("field", "op", "value"):
            raise ConditionError(
                path,
                Text(f"unknown key {key!r}; known are field, op, value", f"未知的键 {key!r}，可用 field、op、value"),
            )
    field = _parse_field(item.get("field"), f"{path}.field")
    name = item.get("op")
    operator = OPERATORS.get(name) if isinstance(name, str) else None
    if operator is None or not isinstance(name, str):
        known = ", ".join(OPERATORS)
        raise ConditionError(
            f"{path}.op",
            Text(f"unknown operator {name!r}; use one of {known}", f"未知的运算符 {name!r}，可用：{known}"),
        )
    if operator.takes == "level" and field != "level":
        raise ConditionError(
            f"{path}.op", Text(f"{name} orders levels: use it with the field level", f"{name} 只能用于字段 level")
        )
    value = _parse_value(item.get("value"), operator.takes, f"{path}.value")
    if name in REGULAR and isinstance(value, str):
        _check_pattern(value, f"{path}.value")
    return MatcherSpec(field, name, value)


def _parse_field(field: object, path: str) -> str:
    if isinstance(field, str) and is_field(field):
        return field
    known = ", ".join((*FIELDS, "tag:NAME", "setting:NAME"))
    raise ConditionError(
        path, Text(f"unknown field {field!r}; use one of {known}", f"未知的字段 {field!r}，可用：{known}")
    )


def _parse_value(value: object, takes: Takes, path: str) -> str | tuple[str, ...] | None:
    if takes == "nothing":
        if value is not None:
            raise ConditionError(path, Text("this operator takes no value: remove it", "该运算符不需要值，请删除"))
        return None
    if takes == "list":
        if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_VALUES:
            raise ConditionError(
                path, Text(f"give a list of 1 to {MAX_VALUES} texts", f"请填写列表，包含 1 到 {MAX_VALUES} 个文本")
            )
        return tuple([_parse_text(each, f"{path}[{index}]") for index, each in enumerate(value)])
    text = _parse_text(value, path)
    if takes == "level" and text.casefold() not in LEVELS:
        known = ", ".join(LEVELS)
        raise ConditionError(
            path, Text(f"unknown level {text!r}; use one of {known}", f"未知的级别 {text!r}，可用：{known}")
        )
    if takes == "pattern" and len(text) > MAX_PATTERN_LENGTH:
        raise ConditionError(
            path, Text(f"use at most {MAX_PATTERN_LENGTH} characters", f"表达式最多 {MAX_PATTERN_LENGTH} 个字符")
        )
    return text.casefold() if takes == "level" else text


def _parse_text(value: object, path: str) -> str:
    if isinstance(value, list | tuple):
        raise ConditionError(
            path, Text("give one text; for a list use in or not_in", "请填写单个文本，列表请用 in 或 not_in")
        )
    if value is None or value == "":
        raise ConditionError(
            path,
            Text("give a value; for absence use is_set or is_not_set", "请填写值；判断有无请用 is_set 或 is_not_set"),
        )
    if not isinstance(value, str):
        raise ConditionError(path, Text(f"{value!r} is not a text: quote it", f"{value!r} 不是文本，请加引号"))
    return value


def _check_pattern(value: str, path: str) -> None:
    try:
        compile_pattern(value)
    except PatternError as error:
        raise ConditionError(path, Text(f"not a regular expression: {error}", f"正则表达式无效：{error}")) from error
