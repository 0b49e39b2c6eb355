"""The look-alike of both vendors: off unless the demo is on, and what it shows."""

from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from integrations.contract import Alert, Message, MessageType, OutboundRequest, SentryStatus, Severity
from integrations.feishu.signature import sign
from integrations.registry import DESTINATIONS
from routing.models import SandboxCall
from routing.services.demo import sandbox

pytestmark = pytest.mark.django_db
ADDRESS = "127.0.0.1:8000"
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def on(settings, tmp_path) -> None:
    settings.SANDBOX_SWITCH = tmp_path / "sandbox"
    settings.EGRESS_ALLOWED_HOSTS = []
    sandbox.switch_on(ADDRESS)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


def a_request(
    kind: str, *, title: str = "boom", severity: Severity = Severity.WARNING, **changed: Any
) -> OutboundRequest:
    status = SentryStatus.RESOLVED if severity is Severity.OK else SentryStatus.TRIGGERED
    alert = Alert(
        resource="event_alert", action="triggered", sentry_status=status, alert_key="k1", title=title, level="error",
        project_slug="web", environment="production", issue_id="7", link="https://sentry.example.com/issues/7/",
    )  # fmt: skip
    message = Message(
        type=MessageType.ALERT, severity=severity, alert_key="k1", alert=alert, received_at=timezone.now()
    )
    given = sandbox.feishu_settings(ADDRESS) if kind == "feishu" else sandbox.flashduty_settings(ADDRESS)
    settings = DESTINATIONS[kind].check({**given, **changed})
    return DESTINATIONS[kind].render(message, settings, timezone.now(), None)


def post(client: Client, request: OutboundRequest) -> Any:
    parts = urlsplit(request.url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    content_type = next(value for name, value in request.headers.items() if name.lower() == "content-type")
    return client.post(path, request.body, content_type=content_type)


@pytest.mark.parametrize("kind", ["feishu", "flashduty"])
def test_while_the_demo_is_off_there_is_no_sandbox(staff: Client, settings, tmp_path, kind: str) -> None:
    settings.SANDBOX_SWITCH = tmp_path / "sandbox"
    assert post(staff, a_request(kind)).status_code == 404
    assert staff.get("/sandbox/").status_code == 404
    assert not SandboxCall.objects.exists()


def test_switching_it_on_lets_this_process_reach_it(on: None, settings) -> None:
    assert settings.EGRESS_ALLOWED_HOSTS == [ADDRESS]
    sandbox.switch_on(ADDRESS)
    assert settings.EGRESS_ALLOWED_HOSTS == [ADDRESS]


def test_our_own_card_is_accepted_and_kept(on: None, client: Client) -> None:
    answer = post(client, a_request("feishu"))
    assert (answer.status_code, answer.json()["code"]) == (200, 0)
    row = SandboxCall.objects.get()
    assert row.accepted
    assert row.seen
    assert "web" in row.seen["seen"]["title"]


def test_a_wrong_secret_is_refused_as_feishu_does(on: None, client: Client) -> None:
    answer = post(client, a_request("feishu", secret="wrong"))
    assert (answer.status_code, answer.json()["code"]) == (200, 19021)
    assert not SandboxCall.objects.get().accepted


def test_flashduty_remembers_what_is_open(on: None, client: Client) -> None:
    for severity in (Severity.WARNING, Severity.CRITICAL, Severity.OK, Severity.OK):
        assert post(client, a_request("flashduty", severity=severity)).status_code == 200
    changes = [row.seen["seen"]["change"] for row in SandboxCall.objects.order_by("id") if row.seen]
    assert changes == ["opened", "updated", "closed", "unmatched_recovery"]


def test_too_many_messages_are_refused_with_the_vendors_own_limit(on: None, client: Client) -> None:
    codes = [post(client, a_request("feishu")).json()["code"] for _ in range(7)]
    assert codes[:5] == [0] * 5
    assert 11232 in codes[5:]


def test_what_is_remembered_is_bounded(on: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "KEPT", 3)
    for _ in range(6):
        post(client, a_request("flashduty"))
    assert SandboxCall.objects.count() == 3


@pytest.mark.parametrize(("language", "word"), [("en", "No event yet."), ("zh-hans", "Flashduty")])
def test_the_chat_shows_the_card_and_runs_nothing_in_it(on: None, staff: Client, language: str, word: str) -> None:
    post(staff, a_request("feishu", title=HOSTILE))
    page = staff.get("/sandbox/", headers={"accept-language": language})
    text = page.content.decode()
    assert word in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "style=" not in text
    assert "https://sentry.example.com/issues/7/" in text
    assert "default-src 'self'" in page["Content-Security-Policy"]


def test_links_that_are_not_web_pages_are_not_shown_as_links(on: None, staff: Client) -> None:
    given = sandbox.feishu_settings(ADDRESS)
    markup = "<a href='javascript:alert(1)'>here</a> <a href='https://example.com/'>there</a>"
    card = {"elements": [{"tag": "div", "text": {"tag": "lark_md", "content": markup}}]}
    body = orjson.dumps({**sign(given["secret"], timezone.now()), "msg_type": "interactive", "card": card})
    answer = post(staff, OutboundRequest(given["webhook_url"], body, {"Content-Type": "application/json"}))
    assert answer.json()["code"] == 0
    page = staff.get("/sandbox/").content.decode()
    assert "https://example.com/" in page
    assert "javascript:" not in page


def test_a_message_with_a_nul_is_kept_on_every_database(on: None, client: Client) -> None:
    post(client, a_request("flashduty", title="a\0b"))
    assert "\0" not in str(SandboxCall.objects.get().seen)


def test_the_chat_is_for_staff(on: None, client: Client) -> None:
    assert client.get("/sandbox/").status_code == 302


def test_secrets_of_the_sandbox_follow_from_the_installation(settings) -> None:
    before = sandbox.feishu_settings(ADDRESS)
    settings.SECRET_KEY = "another"
    assert sandbox.feishu_settings(ADDRESS) != before


def test_switching_it_off_forgets_everything(on: None, client: Client) -> None:
    post(client, a_request("feishu"))
    sandbox.switch_off()
    assert not SandboxCall.objects.exists()
    assert post(client, a_request("feishu")).status_code == 404
