"""What a full run leaves in the log: which webhook, which delivery, and not one secret."""

import logging

import pytest
from django.utils import timezone

from routing.models import Delivery, Role
from routing.services import receiving
from tests.routing.api.calling import Caller
from tests.routing.calls import KEY, SECRET, make_rule, make_source, send
from tests.routing.services.engine.conftest import BAD_SIGNATURE, FAILING, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def told(lines: pytest.LogCaptureFixture, event: str) -> list[dict[str, object]]:
    return [line.msg for line in lines.records if isinstance(line.msg, dict) and line.msg["event"] == event]


def test_a_failed_attempt_names_its_delivery_target_and_reason(team, clock, bots, turner, lines):
    make_source()
    make_rule("all", team)
    bots.will("team", FAILING)
    send()
    clock.now = timezone.now()
    turner.work()
    (line,) = told(lines, "attempt_failed")
    assert (line["delivery"], line["target"], line["http_status"]) == (Delivery.objects.get().pk, "team", 500)
    assert line["outcome"] == "retry"


def test_a_webhook_that_cannot_be_received_is_named_as_sentry_names_it(monkeypatch, lines):
    make_source()

    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(receiving, "_receive", fail)
    assert send().status_code == 503
    (line,) = told(lines, "a webhook could not be received")
    assert line["request_id"]


def test_no_secret_is_in_any_line_of_a_full_run(team, clock, bots, turner, lines):
    make_source()
    make_rule("all", team)
    token = bots.url("team").rpartition("/")[2]
    for failing in (FAILING, BAD_SIGNATURE, answer(200, code=19024, msg=f"no keyword at {bots.url('team')}")):
        bots.will("team", failing)
        send(issue_id=str(len(bots.calls) + 1))
        clock.now = timezone.now()
        turner.work()
    send(secret="s-wrong-secret")
    send(key="k-unknown-key")
    admin = Caller(Role.ADMIN)
    admin.send("put", "targets/other/", {"kind": "feishu", "webhook_url": "https://evil.example/very-secret"})
    admin.send("post", "sources/acme/client-secrets/", {"secret": "s-brand-new"})
    made = admin.send("post", "tokens/", {"name": "ci", "role": "viewer"}).json()["token"]
    said = "\n".join(
        f"{line.getMessage()} {line.__dict__} {line.exc_text}" for line in lines.records if line.name != "werkzeug"
    )
    secrets = (SECRET, KEY, token, "s-wrong-secret", "k-unknown-key", "very-secret", "s-brand-new", made)
    assert told(lines, "attempt_failed")
    assert [secret for secret in secrets if secret in said] == []
