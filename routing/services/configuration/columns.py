"""Which key of the document is which column."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.registry import DESTINATIONS
from routing.models import Project, Rule, Silence, Source, Target
from routing.services.configuration.document import Item
from routing.services.setup.targets import address_digest

COLUMNS: Mapping[str, list[str]] = {
    "targets": [
        "title", "kind", "enabled", "options", "credentials", "address_digest", "fallback", "fallback_after_minutes",
        "updated_at",
    ],
    "sources": ["title", "accept_unsigned", "issue_actions", "silence_after_minutes", "updated_at"],
    "projects": ["title", "sentry_id", "silence_after_minutes", "updated_at"],
    "rules": [
        "position", "enabled", "source", "project", "when", "severity", "continues", "repeat_minutes", "active",
        "updated_at",
    ],
    "silences": ["when", "starts_at", "ends_at", "weekly", "reason", "summary", "updated_at"],
}  # fmt: skip
"""The columns that `fill` may change."""


def fill(section: str, row: Any, item: Item, ids: Mapping[str, Mapping[str, int]], now: datetime) -> None:
    """Put an object on its row. `ids` finds sources and targets by name; links are written apart."""
    row.updated_at = now
    if isinstance(row, Target):
        _target(row, item, ids["targets"])
    elif isinstance(row, Source):
        _source(row, item)
    elif isinstance(row, Project):
        _project(row, item, ids["sources"])
    elif isinstance(row, Rule):
        _rule(row, item, ids["sources"])
    elif isinstance(row, Silence):
        _silence(row, item)


def _target(row: Target, item: Item, targets: Mapping[str, int]) -> None:
    fields = DESTINATIONS[item["kind"]].fields
    row.name, row.title, row.kind, row.enabled = item["name"], item["title"], item["kind"], item["enabled"]
    row.fallback_id = targets[item["fallback"]] if item["fallback"] else None
    row.fallback_after_minutes = item["fallback_after_minutes"]
    row.options = {field.name: item[field.name] for field in fields if field.name in item and not field.credential}
    row.credentials = {
        field.name: item[field.name].sealed() for field in fields if field.credential and field.name in item
    }
    row.address_digest = address_digest(row.kind, {key: item[key] for key in (f.name for f in fields) if key in item})


def _source(row: Source, item: Item) -> None:
    row.name, row.title, row.accept_unsigned = item["name"], item["title"], item["accept_unsigned"]
    row.issue_actions, row.silence_after_minutes = item["issue_actions"], item["silence_after_minutes"]


def _project(row: Project, item: Item, sources: Mapping[str, int]) -> None:
    row.source_id, row.slug, row.title = sources[item["source"]], item["slug"], item["title"]
    row.sentry_id, row.silence_after_minutes = item["sentry_id"], item["silence_after_minutes"]


def _rule(row: Rule, item: Item, sources: Mapping[str, int]) -> None:
    row.name, row.enabled, row.project = item["name"], item["enabled"], item["project"]
    row.source_id = sources[item["source"]] if item["source"] else None
    row.when, row.severity, row.active = item["when"], item["severity"], item["active"]
    row.continues, row.repeat_minutes = item["continue"], item["repeat_minutes"]


def _silence(row: Silence, item: Item) -> None:
    row.name, row.when, row.weekly = item["name"], item["when"], item["weekly"]
    row.starts_at, row.ends_at = item["from"], item["to"]
    row.reason, row.summary = item["reason"], item["summary"]
