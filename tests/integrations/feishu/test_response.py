"""What Feishu's answers mean: the whole table, every status, any bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import Outcome, OutcomeKind, Reason, Response
from integrations.feishu.response import interpret

SENT, RETRY, SIMPLIFY, REJECTED = OutcomeKind.SENT, OutcomeKind.RETRY, OutcomeKind.SIMPLIFY, OutcomeKind.REJECTED

TABLE: list[tuple[OutcomeKind, Reason, bool, bool, list[int]]] = [
    (RETRY, Reason.RATE_LIMITED, False, False, [11232, 11233, 11247, 230020, 99991400]),
    (RETRY, Reason.SERVER_ERROR, False, False, [1500, 2200, 5000, 10101, 55001]),
    (SIMPLIFY, Reason.CONTENT_REFUSED, False, False, [9499, 11246, 230099, 11310, 300305, 200621, 200861]),
    (SIMPLIFY, Reason.CONTENT_REFUSED, False, False, [200410, 200550, 200570, 200914, 200380, 200381, 200732]),
    (SIMPLIFY, Reason.MENTION_REFUSED, False, True, [100290, 11235]),
    (SIMPLIFY, Reason.TOO_LARGE, False, False, [19036, 230025]),
    (SIMPLIFY, Reason.CONTENT_AUDIT, False, False, [11248, 11312, 18054, 230022, 230028]),
    (REJECTED, Reason.CONTENT_REFUSED, False, False, [19002]),
    (REJECTED, Reason.BAD_SIGNATURE, True, False, [19021]),
    (REJECTED, Reason.SENDER_REFUSED, True, False, [19022]),
    (REJECTED, Reason.KEYWORD_MISSING, True, False, [19024]),
    (REJECTED, Reason.BAD_ADDRESS, True, False, [19001, 11231, 11237, 232009, 11240, 11249]),
    (REJECTED, Reason.SPEECH_FORBIDDEN, True, False, [11242, 230018, 230035]),
    (REJECTED, Reason.REFUSED, False, False, [10235, 19007, 1, -1, 424242]),
]
CODES = [(code, *row[:4]) for row in TABLE for code in row[4]]


def answer(body: Any, status: int = 200, **headers: str) -> Outcome:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return interpret(
        Response(status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}, body=raw)
    )


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("code", "kind", "reason", "broken", "drop_mentions"), CODES)
def test_a_code_decides_whatever_the_status_says(
    code: int, kind: OutcomeKind, reason: Reason, broken: bool, drop_mentions: bool, status: int
) -> None:
    assert answer({"code": code, "msg": "no", "data": {}}, status) == Outcome(
        kind=kind, reason=reason, provider_code=str(code), broken=broken, drop_mentions=drop_mentions
    )


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "msg": "success", "data": {}},
        {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"},
        {"Extra": None, "StatusCode": 0, "StatusMessage": "success"},
    ],
)
def test_both_shapes_of_success_are_sent(body: Any) -> None:
    assert answer(body) == Outcome(kind=SENT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html>ok</html>",
        b"ok",
        b"null",
        b"0",
        b"[]",
        b'"success"',
        b"{}",
        b'{"msg": "success"}',
        b'{"code": null, "StatusCode": 0}',
        b'{"code": "0"}',
        b'{"code": false}',
        b'{"code": 0.0}',
        b'{"code": 0',
        b"\xff\xfe{}",
        b'{"code":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
    ids=lambda body: ascii(body[:24]),
)
def test_a_success_that_proves_nothing_is_tried_again(body: bytes) -> None:
    assert answer(body) == Outcome(kind=RETRY, reason=Reason.UNREADABLE_ANSWER)


def test_a_failure_in_the_older_shape_is_a_failure() -> None:
    outcome = answer({"StatusCode": 19021, "StatusMessage": "sign match fail"})
    assert (outcome.kind, outcome.reason) == (REJECTED, Reason.BAD_SIGNATURE)


def test_a_new_code_outweighs_the_older_field() -> None:
    assert answer({"code": 19001, "StatusCode": 0}).reason is Reason.BAD_ADDRESS


@pytest.mark.parametrize("status", [200, 400])
def test_bad_request_is_decided_by_its_message(status: int) -> None:
    throttled = answer({"code": 9499, "msg": "too many request", "data": {}}, status)
    malformed = answer({"code": 9499, "msg": "Bad Request", "data": {}}, status)
    assert (throttled.kind, throttled.reason) == (RETRY, Reason.RATE_LIMITED)
    assert (malformed.kind, malformed.reason) == (SIMPLIFY, Reason.CONTENT_REFUSED)


@pytest.mark.parametrize("code", [11246, 230099])
@pytest.mark.parametrize(
    ("message", "kind", "reason", "inner"),
    [
        (
            "Failed to create card content, ext=ErrCode: 11310; ErrMsg: over limit",
            SIMPLIFY,
            Reason.CONTENT_REFUSED,
            "11310",
        ),
        ("ext=ErrCode: 200861; ErrMsg: unsupported tag note", SIMPLIFY, Reason.CONTENT_REFUSED, "200861"),
        (
            "ext=ErrCode: 100290; ErrMsg: There is an invalid user resource(at/person)",
            SIMPLIFY,
            Reason.MENTION_REFUSED,
            "100290",
        ),
        ("ext=ErrCode: 11235; only admins", SIMPLIFY, Reason.MENTION_REFUSED, "11235"),
        ("ext=ErrCode: 19001; strange", SIMPLIFY, Reason.CONTENT_REFUSED, "19001"),
        ("ext=ErrCode: 777777; new", SIMPLIFY, Reason.CONTENT_REFUSED, "777777"),
        ("ext=ErrCode: 12345678901; absurd", SIMPLIFY, Reason.CONTENT_REFUSED, ""),
        ("elements[3].text: invalid user", SIMPLIFY, Reason.MENTION_REFUSED, ""),
        ("path: elements, err_msg: invalid at user id", SIMPLIFY, Reason.MENTION_REFUSED, ""),
        ("log id 2026030211310", SIMPLIFY, Reason.CONTENT_REFUSED, ""),
        ("Service Internal Error", RETRY, Reason.SERVER_ERROR, ""),
    ],
)
def test_a_refused_card_names_its_inner_reason(
    code: int, message: str, kind: OutcomeKind, reason: Reason, inner: str
) -> None:
    outcome = answer({"code": code, "msg": message})
    assert (outcome.kind, outcome.reason) == (kind, reason)
    assert outcome.drop_mentions is (reason is Reason.MENTION_REFUSED)
    assert outcome.provider_code == (f"{code}/{inner}" if inner else str(code))


def test_digits_elsewhere_in_the_answer_decide_nothing() -> None:
    assert answer({"code": 0, "msg": "success", "log_id": "1900119021", "data": {"code": 19001}}).kind is SENT


def expected_of(status: int) -> tuple[OutcomeKind, Reason]:
    special = {
        408: (RETRY, Reason.TIMEOUT),
        413: (SIMPLIFY, Reason.TOO_LARGE),
        425: (RETRY, Reason.SERVER_ERROR),
        429: (RETRY, Reason.RATE_LIMITED),
    } | dict.fromkeys((401, 403, 404, 405, 410), (REJECTED, Reason.BAD_ADDRESS))
    by_class = {
        1: (RETRY, Reason.UNREADABLE_ANSWER),
        2: (RETRY, Reason.UNREADABLE_ANSWER),
        3: (REJECTED, Reason.REDIRECTED),
        4: (REJECTED, Reason.REFUSED),
        5: (RETRY, Reason.SERVER_ERROR),
    }
    return special.get(status, by_class[status // 100])


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_without_a_code_has_its_meaning(status: int) -> None:
    for body in (b"", b"<html>", b"{}"):
        outcome = answer(body, status)
        assert (outcome.kind, outcome.reason) == expected_of(status)


@pytest.mark.parametrize("status", [status for status in range(100, 600) if status // 100 != 2])
def test_only_a_2xx_can_be_sent(status: int) -> None:
    assert answer({"code": 0, "msg": "success"}, status).kind is not SENT


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_struggling_server_is_asked_again_whatever_its_body_says(status: int) -> None:
    assert answer({"code": 19001, "msg": "token invalid"}, status).kind is RETRY


def test_a_redirect_is_final_whatever_its_body_says() -> None:
    assert answer({"code": 11232, "msg": "x"}, 302).reason is Reason.REDIRECTED


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": " 1.5 "}, 1.5),
        ({"x_ogw_ratelimit_reset": "12"}, 12.0),
        ({"retry_after": "3", "x_ogw_ratelimit_reset": "12"}, 12.0),
        ({"retry_after": "Mon, 02 Mar 2026 04:06:06 GMT", "date": "Mon, 02 Mar 2026 04:05:06 GMT"}, 60.0),
        ({"retry_after": "Mon, 02 Mar 2026 04:06:06 -0000", "date": "Mon, 02 Mar 2026 04:05:06 GMT"}, 60.0),
        ({"retry_after": "Mon, 02 Mar 2026 04:00:00 GMT", "date": "Mon, 02 Mar 2026 04:05:06 GMT"}, 0.0),
        ({"retry_after": "Mon, 02 Mar 2026 04:06:06 GMT"}, None),
        ({"retry_after": "soon", "date": "Mon, 02 Mar 2026 04:05:06 GMT"}, None),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "9" * 400}, 86400.0),
        ({"retry_after": "9" * 40}, 86_400.0),
        ({"retry_after": ""}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize(("status", "body"), [(429, {"code": 99991400}), (503, {}), (200, {"code": 11232})])
def test_the_wait_that_is_asked_for_is_passed_on(
    status: int, body: Any, headers: dict[str, str], seconds: float | None
) -> None:
    assert answer(body, status, **headers).retry_after == seconds


def test_a_final_no_asks_for_no_wait() -> None:
    assert answer({"code": 19021}, 200, retry_after="7").retry_after is None


header_names = st.sampled_from(["retry-after", "date", "x-ogw-ratelimit-reset", "x-tt-logid"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "msg", "x"]), inner),
    max_leaves=5,
)
answers = st.dictionaries(st.sampled_from(["code", "msg", "StatusCode", "StatusMessage", "data"]), json_values)


@given(
    status=st.integers(-1, 1000),
    body=st.binary() | answers.map(lambda value: json.dumps(value).encode()),
    headers=st.dictionaries(header_names, st.text(max_size=40)),
)
def test_no_answer_makes_it_raise(status: int, body: bytes, headers: dict[str, str]) -> None:
    outcome = interpret(Response(status=status, headers=headers, body=body))
    assert (outcome.reason is None) is (outcome.kind is SENT)
