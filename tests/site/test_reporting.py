"""Our own errors in a Sentry: found again, without what we carry, and never in a loop."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
import structlog
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.transport import Transport

from relay_site import reporting
from relay_site.reporting import AN_HOUR, MOST_AN_HOUR, Brake

SECRET = "https://open.feishu.cn/open-apis/bot/v2/hook/3f1c-secret"


class Kept(Transport):
    """Keeps what would have been sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.sent += [item.payload.json for item in envelope.items if item.payload.json]


@pytest.fixture
def kept() -> Iterator[Kept]:
    """A relay that reports, and nobody who hears it."""
    transport = Kept()
    with sentry_sdk.isolation_scope():
        reporting.start("http://key@127.0.0.1:9/1", transport=transport)
        yield transport
        sentry_sdk.get_client().close()
        sentry_sdk.init(default_integrations=False, auto_enabling_integrations=False)


def fail(secret: str = SECRET, **more: Any) -> None:
    payload = {"user": {"email": "kim@example.com"}, "url": secret}
    try:
        raise ValueError(f"cannot send to {secret} {payload}")
    except ValueError:
        structlog.get_logger("routing.test").exception("send_failed", delivery=7, url=secret, **more)


def test_an_error_is_reported_with_type_place_and_ids_and_nothing_else(kept):
    fail(request=payload_of_a_stranger())
    (event,) = kept.sent
    (error,) = event["exception"]["values"]
    assert (error["type"], error["stacktrace"]["frames"][-1]["function"]) == ("ValueError", "fail")
    assert (event["logentry"]["message"], event["tags"]) == ("send_failed", {"delivery": "7"})
    said = json.dumps(event)
    for word in ("secret", "feishu.cn", "kim@example.com", "boom of a stranger"):
        assert word not in said


def payload_of_a_stranger() -> str:
    return "boom of a stranger"


def test_arguments_of_plain_log_lines_stay_here(kept):
    logging.getLogger("django.request").error("Internal Server Error: %s", f"/webhooks/sentry/{SECRET}/")
    assert kept.sent[0]["logentry"]["message"] == "Internal Server Error: %s"
    assert "secret" not in json.dumps(kept.sent)


def test_a_cause_that_comes_back_as_its_own_webhook_is_reported_once_an_hour(kept):
    for number in range(50):
        fail(round=number)
    assert len(kept.sent) == 1


def test_warnings_are_not_reported(kept):
    structlog.get_logger("routing.test").warning("claims_lost", count=1)
    assert kept.sent == []


def test_all_causes_together_have_an_end_and_an_hour_later_a_new_beginning():
    brake = Brake()
    assert [brake.lets(f"cause {number}", 0) for number in range(100)].count(True) == MOST_AN_HOUR
    assert not brake.lets("cause 0", AN_HOUR - 1)
    assert brake.lets("cause 0", AN_HOUR)


def test_a_dsn_that_is_none_is_said_at_the_start():
    with pytest.raises(ImproperlyConfigured, match="SENTRY_DSN"):
        reporting.start("relay.example.com")
