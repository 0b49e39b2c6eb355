"""Conditions that describe "alerts like this one"."""

from typing import Any

from routing.models import Inbound


def conditions_like(inbound: Inbound) -> list[dict[str, Any]]:
    """The narrowest conditions that hold for every webhook about the same problem.

    Empty where nothing names the problem: such conditions would hold for every alert there is.
    """
    alert = inbound.alert or {}
    if alert.get("issue_id"):
        return [_is("source", inbound.source_name), _is("issue_id", alert["issue_id"])]
    named = [("project", alert.get("project_slug")), ("rule", alert.get("rule_name")), ("title", alert.get("title"))]
    told = [_is(field, value) for field, value in named if value][:2]
    return [_is("source", inbound.source_name), *told] if told else []


def _is(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": "is", "value": value}
