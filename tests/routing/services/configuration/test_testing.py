"""Routing tests in the file: decided by its own rules, without a database."""

from datetime import UTC, datetime

import orjson
import pytest

from routing.services.configuration.document import parse_file
from routing.services.configuration.testing import run_tests
from tests.routing.services.configuration.files import FULL

NOW = datetime(2026, 11, 16, 4, tzinfo=UTC)  # Monday noon in Shanghai
EVENT = {
    "action": "triggered",
    "data": {
        "event": {
            "event_id": "e1",
            "level": "error",
            "title": "boom",
            "url": "https://sentry.io/api/0/projects/acme/web/events/e1/",
            "issue_id": "77",
            "tags": [["environment", "production"], ["level", "error"]],
            "environment": "production",
            "project": 4510703106785280,
        },
        "triggered_rule": "errors",
    },
}


def differences(
    expect: str, *, more: str = "", text: str = FULL, payload: str | None = None, folder=None
) -> tuple[str, ...]:
    inline = payload or orjson.dumps(EVENT).decode()
    line = f"tests:\n  - {{payload: {inline}, resource: event_alert, source: acme, expect: {expect}{more}}}\n"
    (verdict,) = run_tests(parse_file(text + line), folder=folder, now=NOW)
    return verdict.differences


@pytest.mark.parametrize(
    "expect",
    [
        "{targets: [team], severity: warning, reason: matched}",
        "{severity: {team: warning}}",
    ],
)
def test_a_test_that_holds_passes(expect):
    assert differences(expect) == ()


def test_a_test_that_does_not_hold_says_what_happens_instead():
    assert differences("{targets: [duty], severity: critical}") == (
        "targets: expected duty, got team",
        "severity for team: expected critical, got warning",
        "reason: matched",
    )


def test_a_severity_that_nobody_gets_fails():
    text = FULL.replace("default_targets: [team]", "").replace("default_targets: [duty]", "")
    assert differences("{severity: warning}", more=", at: '2026-11-15T00:00:00Z'", text=text)


def test_the_moment_of_a_test_decides_about_active_hours():
    assert differences("{reason: default_targets}", more=", at: '2026-11-15T00:00:00Z'") == ()


def test_a_silence_of_the_file_holds_back():
    assert differences("{targets: [], reason: silenced}", more=", at: '2025-12-31T17:00:00Z'") == ()


def test_payloads_are_found_beside_the_file(tmp_path):
    (tmp_path / "event.json").write_bytes(orjson.dumps(EVENT))
    assert differences("{targets: [team]}", payload="event.json", folder=tmp_path) == ()
    assert "No such file" in differences("{targets: [team]}", payload="none.json", folder=tmp_path)[0]


def test_a_file_of_rules_is_tested_without_its_targets():
    rules = (
        "version: 1\nsources:\n  - {name: acme, default_targets: [team]}\n"
        "rules:\n  - {name: all, targets: [duty], when: [{field: level, op: is, value: error}]}\n"
    )
    assert differences("{targets: [duty], severity: warning}", text=rules) == ()
    assert differences("{targets: [team]}", text=rules.replace("error", "fatal")) == ()
