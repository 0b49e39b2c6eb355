"""A player that behaves like Sentry while an alert rule is edited, and then raises the alert."""

import hashlib
import hmac
import json

import pytest
from django.test import Client
from django.utils import timezone

from integrations.sentry import samples
from routing.fields import Sealed
from routing.models import ClientSecret, Delivery, Source, Target
from routing.services.setup import sources

pytestmark = pytest.mark.django_db
SECRET = "client-secret"
ROOT = "/webhooks/sentry/k-test/alert-rule-action/"


@pytest.fixture
def source() -> Source:
    source = Source.objects.create(name="acme")
    sources.add_hook_key(source, "k-test")
    ClientSecret.objects.create(source=source, secret=Sealed.seal(SECRET))
    credentials = {"webhook_url": Sealed.seal("https://open.feishu.cn/open-apis/bot/v2/hook/x")}
    Target.objects.create(name="team", title="交易组", kind="feishu", credentials=credentials)
    Target.objects.create(name="off", kind="feishu", enabled=False)
    return source


def signed(body: bytes = b"") -> dict[str, str]:
    return {"sentry-app-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def ask(path: str, headers: dict[str, str] | None = None):
    return Client().get(ROOT + path, headers=signed() if headers is None else headers)


def save(**settings: str):
    fields = [{"name": name, "value": value} for name, value in settings.items()]
    body = json.dumps({"fields": fields, "installationId": "uuid"}).encode()
    return Client().post(ROOT, body, content_type="application/json", headers=signed(body))


def test_the_select_lists_the_targets_that_are_on(source: Source) -> None:
    assert ask("targets/").json() == [{"value": "team", "label": "交易组 (team)"}]
    assert ask("targets?query=nothing").json() == []


def test_the_select_lists_the_severities_a_firing_alert_may_have(source: Source) -> None:
    assert [option["value"] for option in ask("severities/").json()] == ["critical", "warning", "info"]


def test_an_unsigned_or_wrongly_signed_call_learns_nothing(source: Source) -> None:
    for headers in ({}, {"sentry-app-signature": "0" * 64}):
        answer = ask("targets/", headers)
        assert answer.status_code == 401
        assert "team" not in answer.content.decode()
    assert Client().get("/webhooks/sentry/other/alert-rule-action/targets/", headers=signed()).status_code == 404


@pytest.mark.parametrize(
    ("chosen", "status"),
    [
        ({"target": "team", "severity": "critical"}, 200),
        ({"target": "team"}, 200),
        ({"target": "gone"}, 400),
        ({"target": "off"}, 400),
        ({"target": "team", "severity": "ok"}, 400),
    ],
)
def test_saving_tells_the_operator_whether_the_choice_can_be_used(
    source: Source, chosen: dict[str, str], status: int
) -> None:
    answer = save(**chosen)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_an_alert_with_the_settings_goes_to_the_chosen_target_as_loud_as_chosen(source: Source) -> None:
    headers, body = samples.build(
        "event_alert.triggered",
        project="web",
        environment="production",
        level="error",
        issue_id="42",
        event_id="e" * 32,
        title="Boom",
        now=timezone.now(),
        settings={"target": "team", "severity": "critical"},
    )
    headers["sentry-hook-signature"] = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    answer = Client().post("/webhooks/sentry/k-test/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 202
    delivery = Delivery.objects.get()
    assert (delivery.target_name, delivery.severity) == ("team", "critical")
