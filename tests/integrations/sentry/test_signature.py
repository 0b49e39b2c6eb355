"""Who may speak: only the exact bytes, signed with a secret that is not empty."""

import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from integrations.sentry.signature import is_signed, sign, verify

BODY = b'{"action":"triggered","data":{"event":{"title":"\\u5e93\\u5b58"}}}'
SECRET = "5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5"


def headers(signature: str) -> dict[str, str]:
    return {"sentry-hook-signature": signature}


def test_the_signature_is_the_hmac_of_the_bytes_in_lower_case_hex():
    assert sign(BODY, SECRET) == hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secrets", [(SECRET,), (SECRET, "old"), ("old", SECRET), ("", "old", SECRET, SECRET)])
def test_any_active_secret_may_have_signed_and_the_answer_says_which(secrets):
    assert verify(BODY, headers(sign(BODY, SECRET)), secrets) == secrets.index(SECRET)


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_secret_signs_nothing(empty):
    assert verify(BODY, headers(sign(BODY, empty)), (empty,)) is None


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0",
        "é" * 64,
        "\udcff" * 64,
        "签名",
        sign(BODY, SECRET).upper(),
        sign(BODY, SECRET)[:-1],
        sign(BODY, SECRET) + "0",
        "sha256=" + sign(BODY, SECRET),
        f"{sign(BODY, SECRET)}, {sign(BODY, SECRET)}",
        sign(BODY, "another"),
        sign(BODY + b" ", SECRET),
        sign(b"", SECRET),
    ],
)
def test_a_wrong_signature_is_refused_without_an_error(signature):
    assert verify(BODY, headers(signature), (SECRET,)) is None


def test_without_a_signature_or_a_secret_nothing_verifies():
    assert verify(BODY, {}, (SECRET,)) is None
    assert verify(BODY, headers(sign(BODY, SECRET)), ()) is None


def test_a_component_signature_does_not_open_the_webhook():
    assert verify(BODY, {"sentry-app-signature": sign(BODY, SECRET)}, (SECRET,)) is None


@pytest.mark.parametrize(
    ("names", "signed"),
    [
        (["sentry-hook-signature"], True),
        (["sentry-app-signature"], True),
        (["x-servicehook-signature"], True),
        (["content-type", "sentry-hook-resource"], False),
        ([], False),
    ],
)
def test_any_signature_header_counts_even_an_empty_one(names, signed):
    assert is_signed(dict.fromkeys(names, "")) is signed


@given(st.binary(max_size=300), st.text(min_size=1), st.integers(0, 10_000), st.integers(1, 255))
def test_no_body_with_a_changed_byte_is_accepted(body, secret, position, change):
    assume(secret.strip())
    genuine = headers(sign(body, secret))
    assert verify(body, genuine, (secret,)) == 0
    if body:
        index = position % len(body)
        changed = body[:index] + bytes([body[index] ^ change]) + body[index + 1 :]
        assert verify(changed, genuine, (secret,)) is None
        assert verify(body[:index], genuine, (secret,)) is None
    assert verify(body + b"\0", genuine, (secret,)) is None


@given(st.binary(max_size=100), st.text(), st.lists(st.text(), max_size=3))
def test_no_header_whatever_makes_verifying_fail(body, signature, secrets):
    assert verify(body, headers(signature), tuple(secrets)) is None
