"""Conditions that describe "alerts like this one"."""

from typing import Any

from routing.models import Inbound


def conditions_like(inbound: Inbound) -> list[dict[str, Any]]:
    """The narrowest conditions that hold for every webhook about the same problem."""
    alert = inbound.alert or {}
    if alert.get("issue_id"):
        return [{"field": "issue_id", "op": "is", "value": alert["issue_id"]}]
    named = [("project", alert.get("project_slug")), ("rule", alert.get("rule_name")), ("title", alert.get("title"))]
    return [{"field": field, "op": "is", "value": value} for field, value in named if value][:2]
