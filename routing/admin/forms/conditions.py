"""The condition editor of rules and silences: one row a condition, "or" joins a row to the one above."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from routing.admin.wording import worded
from routing.codes import words
from routing.policy.conditions import parse_when, when_to_json
from routing.policy.errors import ConditionError
from routing.policy.fields import FIELDS, SETTING, TAG
from routing.policy.operators import OPERATORS

SPARE_ROWS = 2
FIELD_CHOICES = [
    ("", "—"),
    *[(name, words("field", name)) for name in FIELDS],
    (TAG, _("tag …")),
    (SETTING, _("setting …")),
]
JOIN_CHOICES = [("and", _("and")), ("or", _("or"))]


def rows_of(when: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The editor's rows for a `when` list; raises nothing, since what is stored may be broken."""
    rows: list[dict[str, str]] = []
    for item in when:
        alternatives = item.get("any", [item])
        for position, matcher in enumerate(alternatives):
            rows.append(_row(matcher, "or" if position else "and"))
    return rows


def _row(matcher: Mapping[str, Any], join: str) -> dict[str, str]:
    field, name = str(matcher.get("field", "")), ""
    for prefix in (TAG, SETTING):
        if field.startswith(prefix):
            field, name = prefix, field.removeprefix(prefix)
    return {
        "join": join,
        "field": field,
        "name": name,
        "op": str(matcher.get("op", "")),
        "value": _value_text(matcher.get("value")),
    }


def _value_text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, list):
        return str(value)
    line = io.StringIO()
    csv.writer(line, skipinitialspace=True, lineterminator="").writerow(value)
    return line.getvalue().replace(",", ", ") if '"' not in line.getvalue() else line.getvalue()


def when_of(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The `when` list that the rows describe, not checked yet; rows without a field are passed over."""
    when: list[dict[str, Any]] = []
    for row in rows:
        if not row["field"]:
            continue
        matcher = _matcher(row)
        if row["join"] == "or" and when:
            previous = when[-1]
            when[-1] = {"any": [*previous.get("any", [previous]), matcher]}
        else:
            when.append(matcher)
    return when


def _matcher(row: dict[str, str]) -> dict[str, Any]:
    field = row["field"] + row["name"].strip() if row["field"] in (TAG, SETTING) else row["field"]
    matcher: dict[str, Any] = {"field": field, "op": row["op"]}
    operator = OPERATORS.get(row["op"])
    text = row["value"].strip()
    if operator is not None and operator.takes == "list":
        values = next(csv.reader([text], skipinitialspace=True), []) if text else []
        matcher["value"] = [value.strip() for value in values if value.strip()]
    elif operator is None or operator.takes != "nothing" or text:
        matcher["value"] = text
    return matcher


class ConditionsWidget(forms.Widget):
    """A table of rows; works without script (two spare rows), and with it rows are added and removed."""

    template_name = "routing/forms/conditions.html"

    class Media:
        js = ["routing/conditions.js"]

    def format_value(self, value: Any) -> list[dict[str, str]]:
        """The rows to draw."""
        return rows_of(value) if isinstance(value, list) else []

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Rows, spare rows and the choices of each column."""
        context = super().get_context(name, value, attrs)
        spare = [{"join": "and", "field": "", "name": "", "op": "", "value": ""} for _spare in range(SPARE_ROWS)]
        operators = [(operator, words("operator", operator)) for operator in OPERATORS]
        context["widget"].update(
            rows=[*self.format_value(value), *spare], fields=FIELD_CHOICES, operators=operators, joins=JOIN_CHOICES
        )
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """The `when` list of a submitted form."""
        columns = ("join", "field", "name", "op", "value")
        lists = [data.getlist(f"{name}-{column}") if isinstance(data, MultiValueDict) else [] for column in columns]
        return when_of([dict(zip(columns, cells, strict=True)) for cells in zip(*lists, strict=False)])

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """False: a form without rows says "no conditions"."""
        return False


class ConditionsField(forms.Field):
    """A `when` list, checked by the policy; errors name the row and say what to do."""

    widget = ConditionsWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        super().__init__(**{**kwargs, "required": False})

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """The canonical list; raises ValidationError."""
        try:
            return when_to_json(parse_when(value))
        except ConditionError as error:
            raise forms.ValidationError(f"{error.path}: {worded(error.text)}") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """True when the canonical lists differ."""
        return (initial or []) != (data or [])
