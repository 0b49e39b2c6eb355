"""Samples are what Sentry would send."""

import json
from datetime import UTC, datetime

import pytest

from integrations.contract import Alert
from integrations.sentry import SOURCE, samples
from integrations.sentry.samples import KINDS, Kind
from integrations.sentry.signature import sign
from tests.integrations.sentry.payloads import NO_ACTIONS

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def build(kind: Kind, **more) -> tuple[dict[str, str], bytes]:
    about = {"project": "web", "environment": "production", "level": "fatal", "issue_id": "4510703106785280"}
    about |= {"event_id": "ab" * 16, "title": "OperationalError: 数据库连接超时"}
    return samples.build(kind, **(about | {"now": NOW} | more))


def alert_of(kind: Kind, **more) -> Alert:
    headers, body = build(kind, **more)
    alert = SOURCE.read(body, headers, "acme", NO_ACTIONS).alert
    assert alert is not None
    return alert


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("event_alert.triggered", "triggered"),
        ("metric_alert.critical", "critical"),
        ("metric_alert.warning", "warning"),
        ("metric_alert.resolved", "resolved"),
        ("issue.resolved", "resolved"),
        ("legacy", "triggered"),
    ],
)
def test_a_sample_is_read_as_what_it_was_built_for(kind, status):
    alert = alert_of(kind)
    assert (alert.sentry_status, alert.unfamiliar, alert.is_test) == (status, "", False)
    assert (alert.project_slug, alert.title, alert.project_id) == ("web", "OperationalError: 数据库连接超时", None)
    assert alert.link is not None
    assert alert.link.startswith("https://sentry.example.com/organizations/acme/")
    if not kind.startswith("issue"):
        assert alert.environment == "production"
    if alert.kind == "issue":
        assert (alert.level, alert.error_type) == ("fatal", "OperationalError")


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_written_as_sentry_writes(kind):
    headers, body = build(kind)
    assert body.isascii()
    assert body == json.dumps(json.loads(body), separators=(",", ":")).encode()
    assert SOURCE.verify(body, {**headers, "sentry-hook-signature": sign(body, "s")}, ("s",)) == 0
    assert SOURCE.is_legacy(body, headers) is (kind == "legacy")
    assert build(kind) == (headers, body)


def test_recoveries_have_the_key_of_what_they_end():
    assert alert_of("issue.resolved").alert_key == alert_of("event_alert.triggered").alert_key
    assert alert_of("issue.resolved").alert_key == alert_of("legacy").alert_key
    assert alert_of("metric_alert.resolved").alert_key == alert_of("metric_alert.critical").alert_key


@pytest.mark.parametrize("kind", ["event_alert.triggered", "metric_alert.critical", "legacy"])
def test_a_test_sample_carries_sentrys_own_mark(kind):
    assert alert_of(kind, is_test=True).is_test


@pytest.mark.parametrize("kind", ["event_alert.triggered", "metric_alert.critical"])
def test_chosen_settings_come_back(kind):
    assert alert_of(kind, settings={"target": "duty", "severity": "info"}).settings == {
        "target": "duty",
        "severity": "info",
    }


def test_what_is_empty_is_left_out():
    alert = alert_of("event_alert.triggered", environment="", level="", project_id=7)
    assert (alert.environment, alert.level, alert.project_id) == (None, None, 7)
