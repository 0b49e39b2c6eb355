"""What an operator is told about calls that came the wrong way."""

import pytest

from integrations.sentry import SOURCE
from integrations.sentry.payload import read
from tests.integrations.sentry.payloads import NAMES, NO_ACTIONS, call, headers_for


@pytest.mark.parametrize(
    ("name", "headers", "words"),
    [
        (
            "event_alert.triggered__python_exception",
            {"sentry-hook-signature": "00"},
            "Client Secret of this integration",
        ),
        ("event_alert.triggered__python_exception", {}, "not signed"),
        ("legacy__exception", {}, "Allow unsigned calls"),
        ("glitchtip__issue", {}, "GlitchTip"),
        ("service_hook__event_created", {}, "service hooks"),
        ("service_hook__event_created", {"x-servicehook-signature": "00"}, "service hooks"),
        ("event_alert.triggered__python_exception", {"sentry-app-signature": "00"}, "schema"),
    ],
)
def test_a_refused_call_comes_with_what_to_do(name, headers, words):
    body, own = call(name)
    advice = SOURCE.advise(body, {**own, **headers})
    assert advice is not None
    assert words in advice.en
    assert advice.zh != advice.en


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b'{"a":"' + b"x" * 1_000_000 + b'"}'])
def test_nothing_that_is_sent_makes_advising_fail(body):
    assert SOURCE.advise(body, {}) is not None


@pytest.mark.parametrize("name", NAMES)
def test_only_strangers_are_advised_when_their_call_is_read(name):
    body, headers = call(name)
    stranger = name.startswith(("glitchtip", "service_hook"))
    assert (read(body, headers, "acme", NO_ACTIONS).advice is not None) is stranger


def test_a_body_without_header_or_known_shape_says_to_look_at_the_proxy():
    reading = read(b'{"action":"created","data":{}}', {}, "acme", NO_ACTIONS)
    assert (reading.resource, reading.ignored, reading.unknown_resource) == ("", "ignored_resource", True)
    assert reading.advice is not None
    assert "Sentry-Hook" in reading.advice.en


@pytest.mark.parametrize("name", NAMES)
def test_only_the_webhooks_payload_is_accepted_as_legacy(name):
    body, _ = call(name)
    assert SOURCE.is_legacy(body, {}) is name.startswith("legacy__")
    assert SOURCE.is_legacy(body, {"sentry-hook-resource": "issue", **headers_for(name)}) is False
