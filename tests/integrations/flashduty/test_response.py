from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import Outcome, OutcomeKind, Reason, Response
from integrations.flashduty import DESTINATION

SENT, RETRY, SIMPLIFY, REJECTED = OutcomeKind.SENT, OutcomeKind.RETRY, OutcomeKind.SIMPLIFY, OutcomeKind.REJECTED
DATE = "Mon, 02 Mar 2026 04:05:06 GMT"


def answer(status: int, body: bytes = b"", **headers: str) -> Outcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return DESTINATION.interpret(Response(status=status, headers=named, body=body))


def failure(status: int, code: Any, text: str = "no", **headers: str) -> Outcome:
    body = {"request_id": "0ace", "error": {"code": code, "message": text}}
    return answer(status, orjson.dumps(body), **headers)


CODES = [
    ("InvalidParameter", 400, REJECTED, Reason.CONTENT_REFUSED, False),
    ("InvalidContentType", 400, REJECTED, Reason.CONTENT_REFUSED, False),
    ("MethodNotAllowed", 405, REJECTED, Reason.REFUSED, False),
    ("BadRequest", 400, REJECTED, Reason.CONTENT_REFUSED, False),
    ("ReferenceExist", 400, REJECTED, Reason.REFUSED, False),
    ("ResourceNotFound", 400, REJECTED, Reason.NO_LICENSE, True),
    ("NoLicense", 400, REJECTED, Reason.NO_LICENSE, True),
    ("Unauthorized", 401, REJECTED, Reason.BAD_ADDRESS, True),
    ("BalanceNotEnough", 402, REJECTED, Reason.NO_LICENSE, True),
    ("AccessDenied", 403, REJECTED, Reason.SPEECH_FORBIDDEN, True),
    ("RouteNotFound", 404, REJECTED, Reason.BAD_ADDRESS, True),
    ("UndonedOrderExist", 409, REJECTED, Reason.REFUSED, False),
    ("EntityTooLarge", 413, SIMPLIFY, Reason.TOO_LARGE, False),
    ("RequestLocked", 423, RETRY, Reason.SERVER_ERROR, False),
    ("RequestVerifyRequired", 428, REJECTED, Reason.REFUSED, False),
    ("DangerousOperation", 428, REJECTED, Reason.REFUSED, False),
    ("RequestTooFrequently", 429, RETRY, Reason.RATE_LIMITED, False),
    ("InternalError", 500, RETRY, Reason.SERVER_ERROR, False),
    ("ServiceUnavailable", 503, RETRY, Reason.SERVER_ERROR, False),
]


@pytest.mark.parametrize(("code", "status", "kind", "reason", "broken"), CODES)
def test_each_code_of_the_vendor_has_its_meaning(
    code: str, status: int, kind: OutcomeKind, reason: Reason, broken: bool
) -> None:
    assert failure(status, code) == Outcome(kind=kind, reason=reason, provider_code=code, broken=broken)


@pytest.mark.parametrize(("code", "status", "kind", "reason", "broken"), CODES)
@pytest.mark.parametrize("other_status", [200, 400, 403, 500])
def test_the_code_decides_whatever_the_status(
    code: str, status: int, kind: OutcomeKind, reason: Reason, broken: bool, other_status: int
) -> None:
    assert failure(other_status, code) == failure(status, code)


@pytest.mark.parametrize("text", ["integration_key is not a valid one", "integration_key 无效"])
def test_a_wrong_integration_key_breaks_the_target(text: str) -> None:
    assert failure(400, "InvalidParameter", text) == Outcome(
        kind=REJECTED, reason=Reason.BAD_ADDRESS, provider_code="InvalidParameter", broken=True
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"request_id":"0ace","data":{"alert_key":"k"}}'),
        (201, b'{"request_id":"0ace"}'),
        (202, b'{"request_id":"0ace","error":null}'),
        (204, b""),
        (200, b" \r\n"),
        (200, b"{}"),
    ],
)
def test_a_2xx_without_error_is_success(status: int, body: bytes) -> None:
    assert answer(status, body) == Outcome(kind=SENT)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Welcome to the hotel</body></html>",
        b'{"request_id":"0ace","data":{"alert_k',
        b"[]",
        b'"ok"',
        b"1",
        b"null",
        b"true",
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"a":' * 30_000,
    ],
)
def test_a_2xx_that_is_no_json_object_proves_nothing_and_is_final(body: bytes) -> None:
    assert answer(200, body) == Outcome(kind=REJECTED, reason=Reason.UNREADABLE_ANSWER)


@pytest.mark.parametrize("error", [{}, {"code": "Strange"}, {"code": 7}, {"message": "no"}, [], "no", True, 0, ""])
def test_a_2xx_with_an_error_of_any_shape_is_a_failure(error: Any) -> None:
    outcome = answer(200, orjson.dumps({"error": error}))
    assert (outcome.kind, outcome.reason) == (REJECTED, Reason.REFUSED)


@pytest.mark.parametrize(
    ("status", "kind", "reason", "broken"),
    [
        (301, REJECTED, Reason.REDIRECTED, False),
        (308, REJECTED, Reason.REDIRECTED, False),
        (400, REJECTED, Reason.CONTENT_REFUSED, False),
        (401, REJECTED, Reason.BAD_ADDRESS, True),
        (402, REJECTED, Reason.NO_LICENSE, True),
        (403, REJECTED, Reason.REFUSED, False),
        (404, REJECTED, Reason.BAD_ADDRESS, True),
        (405, REJECTED, Reason.REFUSED, False),
        (408, RETRY, Reason.SERVER_ERROR, False),
        (413, SIMPLIFY, Reason.TOO_LARGE, False),
        (423, RETRY, Reason.SERVER_ERROR, False),
        (425, RETRY, Reason.SERVER_ERROR, False),
        (429, RETRY, Reason.RATE_LIMITED, False),
        (500, RETRY, Reason.SERVER_ERROR, False),
        (502, RETRY, Reason.SERVER_ERROR, False),
        (599, RETRY, Reason.SERVER_ERROR, False),
        (100, REJECTED, Reason.REFUSED, False),
        (999, REJECTED, Reason.REFUSED, False),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'{"error":{"code":"NeverHeardOf"}}', b"[1]"])
def test_without_a_known_code_the_status_decides(
    status: int, kind: OutcomeKind, reason: Reason, broken: bool, body: bytes
) -> None:
    outcome = answer(status, body)
    assert (outcome.kind, outcome.reason, outcome.broken) == (kind, reason, broken)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("999999999999", 86_400.0),
        ("9" * 5000, 86_400.0),
        ("Mon, 02 Mar 2026 04:05:36 GMT", 30.0),
        ("Mon, 02 Mar 2026 04:05:00 GMT", 0.0),
        ("Mon, 02 Mar 9999 04:05:00 GMT", 86_400.0),
        ("Mon, 02 Mar 2026 12:05:36 +0800", 30.0),
        ("-5", None),
        ("1.5", 1.5),
        ("soon", None),
        ("٣", None),
        ("Mon, 99 Foo 2026 04:05:36 GMT", None),
        ("Mon, 02 Mar 2026 04:05:36 -0000", 30.0),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_from_the_answers_own_date(
    asked: str, seconds: float | None
) -> None:
    assert failure(429, "RequestTooFrequently", retry_after=asked, date=DATE).retry_after == seconds


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_retry_date_without_the_answers_own_date_says_nothing(date: str) -> None:
    assert answer(503, retry_after="Mon, 02 Mar 2026 04:05:36 GMT", date=date).retry_after is None


def test_only_a_retry_waits() -> None:
    assert failure(400, "NoLicense", retry_after="9").retry_after is None
    assert answer(503, retry_after="9").retry_after == 9.0


def test_the_provider_code_is_short_and_printable() -> None:
    assert failure(400, "Odd\n\x1b[31m" + "x" * 500).provider_code == "Odd[31m" + "x" * 57


@given(
    status=st.integers(0, 999),
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["error", "code", "message", "data"]), inner, max_size=4)
            ),
            max_leaves=8,
        ).map(orjson.dumps),
    ),
    headers=st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text(max_size=40)),
)
def test_no_answer_makes_it_raise(status: int, body: bytes, headers: dict[str, str]) -> None:
    outcome = DESTINATION.interpret(Response(status=status, headers=headers, body=body))
    assert (outcome.reason is None) == (outcome.kind is SENT)
    assert outcome.kind is not SENT or 200 <= status < 300
