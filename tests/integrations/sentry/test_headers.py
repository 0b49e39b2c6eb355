"""Which headers stay with a body."""

import pytest

from integrations.sentry.headers import idempotency_key, kept_headers, reply_headers


def test_only_sentrys_headers_and_the_content_type_are_kept():
    given = {
        "sentry-hook-resource": "issue",
        "sentry-hook-timestamp": "1772600767",
        "sentry-hook-signature": "ab",
        "request-id": "1f",
        "idempotency-key": "2e",
        "content-type": "application/json",
        "user-agent": "sentry/26.3.0 (https://sentry.io)",
    }
    personal = {"cookie": "session=1", "authorization": "Bearer x", "x-forwarded-for": "192.0.2.1", "host": "relay"}
    assert kept_headers({**given, **personal}) == given


@pytest.mark.parametrize("value", ["a\r\nb", "é", "\x00", "x" * 501])
def test_a_value_that_could_not_be_sent_on_is_left_out(value):
    assert kept_headers({"sentry-hook-resource": value}) == {}


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("", None),
        ("é", None),
        ("x" * 129, None),
    ],
)
def test_the_idempotency_key_is_plain_or_none(value, key):
    assert idempotency_key({"idempotency-key": value}) == key
    assert idempotency_key({}) is None


@pytest.mark.parametrize(
    ("error", "project", "expected"),
    [
        ("", None, {}),
        ("bad_signature", None, {"Sentry-Hook-Error": "bad_signature"}),
        ("", 4510703106785280, {"Sentry-Hook-Project": "4510703106785280"}),
        ("a\r\nSet-Cookie: b", 1, {"Sentry-Hook-Error": "a??Set-Cookie: b", "Sentry-Hook-Project": "1"}),
        ("数据库", 0, {"Sentry-Hook-Error": "???"}),
        ("x" * 5000, -1, {"Sentry-Hook-Error": "x" * 64}),
        (" ", 2**63, {}),
    ],
)
def test_a_reply_names_error_and_project_in_headers_that_can_be_sent(error, project, expected):
    assert reply_headers(error, project) == expected
