"""The configuration stamp."""

from collections.abc import Callable

import pytest
from django.db import connection

from routing import triggers
from routing.fields import Sealed
from routing.models import (
    ClientSecret,
    ConfigurationStamp,
    HookKey,
    Project,
    Rule,
    SeverityMapping,
    Silence,
    Source,
    Target,
)

pytestmark = pytest.mark.django_db


def stamp() -> int:
    return ConfigurationStamp.objects.get().number


def test_every_trigger_is_there_after_all_migrations() -> None:
    assert triggers.missing(connection) == []


@pytest.fixture
def rows() -> dict[str, object]:
    source = Source.objects.create(name="acme")
    target = Target.objects.create(name="team", kind="feishu")
    return {
        "source": source,
        "target": target,
        "rule": Rule.objects.create(name="all"),
        "key": HookKey.objects.create(source=source, key=Sealed.seal("k"), digest="d"),
        "secret": ClientSecret.objects.create(source=source, secret=Sealed.seal("s")),
        "project": Project.objects.create(source=source, slug="web"),
    }


CHANGES: dict[str, Callable[[dict], object]] = {
    "a rule is created": lambda rows: Rule.objects.create(name="next"),
    "a rule is changed in bulk": lambda rows: Rule.objects.update(position=7),
    "a rule gets a target": lambda rows: rows["rule"].targets.add(rows["target"]),
    "a rule is deleted": lambda rows: rows["rule"].delete(),
    "a source is renamed": lambda rows: Source.objects.filter(name="acme").update(name="other"),
    "a source gets a default target": lambda rows: rows["source"].default_targets.add(rows["target"]),
    "a hook key is retired": lambda rows: HookKey.objects.update(retired_at="2026-01-01T00:00:00Z"),
    "a client secret is deleted": lambda rows: rows["secret"].delete(),
    "a project gets a default target": lambda rows: rows["project"].default_targets.add(rows["target"]),
    "a target is disabled": lambda rows: Target.objects.update(enabled=False),
    "the mapping changes": lambda rows: SeverityMapping.objects.filter(sentry_status="triggered").update(
        severity="info"
    ),
    "a silence begins": lambda rows: Silence.objects.create(
        name="s", starts_at="2026-01-01T00:00:00Z", ends_at="2026-01-02T00:00:00Z"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_stamp_rises_when(change: str, rows: dict) -> None:
    before = stamp()
    CHANGES[change](rows)
    assert stamp() > before


RUNTIME: dict[str, Callable[[dict], object]] = {
    "a delivery succeeds": lambda rows: Target.objects.update(last_success_at="2026-01-01T00:00:00Z", minute_tat=5),
    "a call is refused": lambda rows: Source.objects.update(refused_count=5),
    "a hook key is used": lambda rows: HookKey.objects.update(last_used_at="2026-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("event", RUNTIME)
def test_the_stamp_stays_when(event: str, rows: dict) -> None:
    before = stamp()
    RUNTIME[event](rows)
    assert stamp() == before
