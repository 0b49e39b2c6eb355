"""An operator edits an alert rule in Sentry, chooses a target of ours, and the alert goes there."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from routing.models import Delivery, Inbound
from tests.routing.api.sentry_player import FormError, SentryPlayer, as_list
from tests.routing.calls import KEY, SECRET, make_rule, make_source, make_target

pytestmark = pytest.mark.django_db
KINDS = ["event_alert.triggered", "metric_alert.critical", "activity_alert.triggered"]


@pytest.fixture
def sentry(capsys: pytest.CaptureFixture[str]) -> SentryPlayer:
    make_source()
    make_rule("everything", make_target("team", title="交易组"))
    make_target("duty")
    make_target("off", enabled=False)
    capsys.readouterr()
    call_command("sentry_schema", "acme")
    return SentryPlayer(SECRET, f"/webhooks/sentry/{KEY}/", json.loads(capsys.readouterr().out))


def raised(sentry: SentryPlayer, kind: str, chosen: list[dict[str, Any]] | None) -> tuple[list[str], Any]:
    """(target and severity of each delivery, what the trace says of the choice) of an alert."""
    subject = {"project": "web", "environment": "production", "level": "error", "issue_id": "42", "event_id": "e" * 32}
    sentry.raise_alert(kind, chosen, **subject, title="Boom", now=timezone.now())
    told = [f"{row.target_name} {row.severity}" for row in Delivery.objects.order_by("id")]
    return told, Inbound.objects.get().decision["trace"]["direct"]


def test_the_form_offers_what_can_be_chosen_and_searches_it(sentry):
    assert sentry.choices("target") == [("duty", "duty"), ("team", "交易组 (team)")]
    assert sentry.choices("target", query="交易") == [("team", "交易组 (team)")]
    assert sentry.choices("target", query="nobody") == []
    loud = [value for value, _ in sentry.choices("severity", dependent={"target": "duty"})]
    assert loud == ["critical", "warning", "info"]


def test_a_good_choice_is_saved_and_a_bad_one_is_not(sentry):
    assert "duty" in sentry.save({"target": "duty", "severity": "info"})
    assert "交易组" in sentry.save({"target": "team", "severity": None})
    for bad in ({"target": "gone"}, {"target": "off"}, {"target": "duty", "severity": "loud"}):
        with pytest.raises(FormError, match="Alert Relay: "):
            sentry.save(bad)


def test_with_another_secret_nothing_is_told(sentry):
    sentry.secret = "another"
    with pytest.raises(FormError, match="签名"):
        sentry.choices("target")
    with pytest.raises(FormError, match="签名"):
        sentry.save({"target": "duty"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_alert_goes_to_the_chosen_target_and_the_trace_says_so(sentry, kind):
    told, direct = raised(sentry, kind, as_list({"target": "duty", "severity": "info"}))
    assert told == ["duty info"]
    assert direct == {"target": "duty", "severity": "info", "result": "routed"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("empty", [[], None, [{"name": "target", "value": None}]])
def test_settings_that_come_empty_leave_it_to_the_rules_and_the_trace_says_so(sentry, kind, empty):
    told, direct = raised(sentry, kind, empty)
    assert [line.split()[0] for line in told] == ["team"]
    assert direct == {"target": "", "severity": "", "result": "no_settings"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_is_gone_leaves_it_to_the_rules_and_the_trace_says_so(sentry, kind):
    told, direct = raised(sentry, kind, as_list({"target": "gone"}))
    assert [line.split()[0] for line in told] == ["team"]
    assert direct == {"target": "gone", "severity": "", "result": "unknown_target"}
