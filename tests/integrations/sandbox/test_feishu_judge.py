from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.feishu import FAULTS, judge_feishu
from integrations.sandbox.verdict import SandboxBot, Verdict
from tests.integrations.sandbox.calls import BOT, NOW, card, card_2, signed, text, to_bot

SIGNING = SandboxBot(token="3c1f-bot", secret="demo")


def answer(verdict: Verdict) -> tuple[int, Any]:
    return verdict.status, orjson.loads(verdict.body).get("code")


def test_a_good_message_is_answered_as_feishu_does_and_seen() -> None:
    verdict = judge_feishu(to_bot(text("hello")), BOT, NOW)
    assert verdict.status == 200
    assert orjson.loads(verdict.body) == {
        "code": 0,
        "msg": "success",
        "data": {},
        "StatusCode": 0,
        "StatusMessage": "success",
    }
    assert verdict.accepted
    assert verdict.seen
    assert verdict.seen.texts == ("hello",)
    assert verdict.headers["x-tt-logid"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"path": "/open-apis/bot/v2/hook/other"}, 19001),
        ({"path": "/open-apis/bot/v2/hook/3c1f-bot/"}, 19001),
        ({"path": "/open-apis/bot/hook/3c1f-bot"}, 19001),
        ({"path": "/open-apis/bot/v2/hook/钥匙"}, 19001),
        ({"path": "/"}, 19001),
        ({"query": "a=1"}, 19001),
        ({"headers": {"content-type": "text/plain"}}, 9499),
        ({"headers": {}}, 9499),
        ({"body": b""}, 9499),
        ({"body": b"{"}, 9499),
        ({"body": b"[1]"}, 9499),
        ({"body": b"\xff"}, 9499),
        ({"body": b"[" * 5000}, 9499),
    ],
)
def test_a_call_that_does_not_reach_the_bot_is_refused_with_http_200(changes: dict[str, Any], code: int) -> None:
    verdict = judge_feishu(to_bot(text("x"), **changes), BOT, NOW)
    assert answer(verdict) == (200, code)
    assert not verdict.accepted
    assert verdict.seen is None


def test_the_address_may_stand_behind_a_prefix_but_takes_post_alone() -> None:
    assert judge_feishu(to_bot(text("x"), path="/sandbox/open-apis/bot/v2/hook/3c1f-bot"), BOT, NOW).accepted
    assert judge_feishu(to_bot(text("x"), method="GET"), BOT, NOW).status == 404


# ---------------------------------------------------------------- signature


def test_the_published_way_of_signing_is_accepted() -> None:
    body = {**text("x"), "timestamp": "1599360473", "sign": "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="}
    assert judge_feishu(to_bot(body), SIGNING, NOW).accepted


@pytest.mark.parametrize(
    "body",
    [
        text("x"),
        {**text("x"), "timestamp": "1599360473"},
        {**text("x"), "timestamp": "1599360473", "sign": "DkEDUyVoOOJ539qBvUgMyzkzIdRWlf4e/V3Rq+ONJnQ="},
        {**text("x"), "timestamp": "1599360474", "sign": "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="},
        {**text("x"), "timestamp": "1599360473", "sign": "签名"},
        {**text("x"), "timestamp": "1599360473", "sign": 5},
        signed(text("x"), "demo", "1599360473000"),
        signed(text("x"), "demo", ""),
        signed(text("x"), "demo", True),
        signed(text("x"), "Demo", "1599360473"),
    ],
)
def test_a_wrong_or_missing_signature_is_refused(body: dict[str, Any]) -> None:
    assert answer(judge_feishu(to_bot(body), SIGNING, NOW)) == (200, 19021)


@pytest.mark.parametrize(("offset", "taken"), [(0, True), (3600, True), (-3600, True), (3601, False), (-3601, False)])
@pytest.mark.parametrize("kind", [str, int])
def test_a_signature_holds_for_an_hour_either_way(offset: int, taken: bool, kind: type) -> None:
    body = signed(text("x"), "demo", kind(1_599_360_473 + offset))
    assert judge_feishu(to_bot(body), SIGNING, NOW).accepted is taken


def test_a_bot_without_secret_does_not_look_at_signatures() -> None:
    assert judge_feishu(to_bot({**text("x"), "timestamp": "1", "sign": "no"}), BOT, NOW).accepted


# ---------------------------------------------------------------- size, shape


def test_a_body_is_taken_up_to_its_limit_in_bytes() -> None:
    room = 20_480 - len(orjson.dumps(text("")))
    assert judge_feishu(to_bot(text("x" * room)), BOT, NOW).accepted
    assert answer(judge_feishu(to_bot(text("x" * (room + 1))), BOT, NOW)) == (200, 9499)
    assert answer(judge_feishu(to_bot(text("长" * (room // 2))), BOT, NOW)) == (200, 9499)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"msg_type": "text"},
        {"msg_type": "text", "content": '{"text":"x"}'},
        {"msg_type": "text", "content": {"text": ""}},
        {"msg_type": "text", "content": {"text": 5}},
        {"msg_type": ["text"], "content": {"text": "x"}},
        {"msg_type": "interactive", "card": "{}"},
        {"msg_type": "interactive", "content": {}},
        {"msg_type": "image", "content": {"image_key": "img_1"}},
        {"msg_type": "post", "content": {"post": {}}},
        {"msg_type": "post", "content": {"post": {"zh_cn": {"content": "x"}}}},
        {"msg_type": "post", "content": {"post": {"zh_cn": {"content": [["x"]]}}}},
        {"msg_type": "post", "content": {"post": {"zh_cn": {"content": [[{"tag": "a", "href": "javascript:1"}]]}}}},
    ],
)
def test_a_message_of_no_proper_shape_is_refused(body: dict[str, Any]) -> None:
    assert answer(judge_feishu(to_bot(body), BOT, NOW)) == (200, 19002)


def test_a_post_is_seen_with_its_links_and_mentions() -> None:
    nodes = [
        {"tag": "text", "text": "see <at id=all></at> "},
        {"tag": "a", "text": "here", "href": "https://x.example/"},
        {"tag": "at", "user_id": "ou_1"},
        {"tag": "img", "image_key": "k"},
    ]
    body = {"msg_type": "post", "content": {"post": {"zh_cn": {"title": "T", "content": [nodes]}}}}
    seen = judge_feishu(to_bot(body), BOT, NOW).seen
    assert seen
    assert (seen.title, seen.texts) == ("T", ("see <at id=all></at> here@ou_1",))
    assert (seen.links, seen.mentions) == (("https://x.example/",), ("ou_1",))


# ---------------------------------------------------------------- keyword, mentions, rate


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (text("服务告警"), True),
        (text("nothing"), False),
        (card(header={"title": {"tag": "plain_text", "content": "告警"}}), True),
        (card(elements=[{"tag": "note", "elements": [{"tag": "plain_text", "content": "告警"}]}]), True),
        (card(elements=[{"tag": "markdown", "content": "[link](https://x.example/告警)"}]), False),
        (card(), False),
    ],
)
def test_one_keyword_must_be_readable_addresses_do_not_count(body: dict[str, Any], found: bool) -> None:
    bot = SandboxBot(token="3c1f-bot", keywords=("告警", "alarm"))
    verdict = judge_feishu(to_bot(body), bot, NOW)
    assert answer(verdict) == (200, 0 if found else 19024)


@pytest.mark.parametrize(
    ("mention", "members", "taken"),
    [
        ("ou_1", None, True),
        ("ou_1", frozenset({"ou_1"}), True),
        ("ou_2", frozenset({"ou_1"}), False),
        ("on_1", None, False),
        ("me@example.com", None, False),
    ],
)
def test_a_card_that_mentions_a_stranger_is_refused_as_a_whole(
    mention: str, members: frozenset[str] | None, taken: bool
) -> None:
    bot = SandboxBot(token="3c1f-bot", members=members)
    body = card(elements=[{"tag": "markdown", "content": f"<at id={mention}></at>"}])
    verdict = judge_feishu(to_bot(body), bot, NOW)
    assert answer(verdict) == (200, 0 if taken else 11246)
    assert taken or "ErrCode: 100290" in orjson.loads(verdict.body)["msg"]


def test_everybody_is_mentioned_only_where_the_group_allows_it() -> None:
    body = card(elements=[{"tag": "markdown", "content": "<at id=all></at>"}])
    assert judge_feishu(to_bot(body), BOT, NOW).accepted
    closed = SandboxBot(token="3c1f-bot", everyone_allowed=False)
    assert answer(judge_feishu(to_bot(body), closed, NOW)) == (200, 11235)


@pytest.mark.parametrize(
    ("ages", "taken"),
    [
        ([0.1] * 4, True),
        ([0.1] * 5, False),
        ([1.0] * 5, True),
        ([30.0] * 99, True),
        ([30.0] * 100, False),
        ([60.0] * 100, True),
        ([-5.0] * 100, True),
    ],
)
def test_five_a_second_and_a_hundred_a_minute_pass(ages: list[float], taken: bool) -> None:
    recent = [NOW - timedelta(seconds=age) for age in ages]
    assert answer(judge_feishu(to_bot(text("x")), BOT, NOW, recent)) == (200, 0 if taken else 11232)


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("bot_removed", 200, 19001),
        ("sender_refused", 200, 19022),
        ("bad_signature", 200, 19021),
        ("keyword_missing", 200, 19024),
        ("rate_limited", 200, 11232),
        ("gateway_limited", 429, 99991400),
        ("empty", 200, None),
        ("card_refused", 200, 11246),
    ],
)
def test_a_failure_can_be_asked_for(fault: str, status: int, code: int | None) -> None:
    verdict = judge_feishu(to_bot(card()), BOT, NOW, fault=fault)
    assert answer(verdict) == (status, code)
    assert not verdict.accepted
    assert verdict.seen is None


@pytest.mark.parametrize(("fault", "status"), [("http_500", 500), ("http_502", 502), ("html", 200)])
def test_a_page_of_html_can_be_asked_for(fault: str, status: int) -> None:
    verdict = judge_feishu(to_bot(card()), BOT, NOW, fault=fault)
    assert (verdict.status, verdict.accepted) == (status, False)
    assert verdict.headers["content-type"].startswith("text/html")
    assert verdict.body.startswith(b"<!DOCTYPE html>")


def test_the_gateways_throttle_says_how_long_to_wait() -> None:
    assert judge_feishu(to_bot(card()), BOT, NOW, fault="gateway_limited").headers["x-ogw-ratelimit-reset"] == "2"


def test_a_refused_card_leaves_the_way_free_for_text() -> None:
    assert judge_feishu(to_bot(text("x")), BOT, NOW, fault="card_refused").accepted


@pytest.mark.parametrize(("fault", "status"), [("old_success", 200), ("lost_answer", 500)])
def test_some_faults_take_the_message(fault: str, status: int) -> None:
    verdict = judge_feishu(to_bot(text("x")), BOT, NOW, fault=fault)
    assert (verdict.status, verdict.accepted) == (status, True)
    assert verdict.seen


def test_the_old_success_has_no_code() -> None:
    body = judge_feishu(to_bot(text("x")), BOT, NOW, fault="old_success").body
    assert orjson.loads(body) == {"Extra": None, "StatusCode": 0, "StatusMessage": "success"}


@pytest.mark.parametrize("fault", ["old_success", "lost_answer", "card_refused"])
def test_a_fault_that_needs_a_good_message_does_not_save_a_bad_one(fault: str) -> None:
    assert answer(judge_feishu(to_bot(text("")), BOT, NOW, fault=fault)) == (200, 19002)


def test_an_unknown_fault_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="no such fault: nonsense"):
        judge_feishu(to_bot(text("x")), BOT, NOW, fault="nonsense")


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_has_an_answer(fault: str) -> None:
    assert judge_feishu(to_bot(card()), BOT, NOW, fault=fault).reason


# ---------------------------------------------------------------- anything

NAMES = (
    "tag text content elements columns actions fields extra header body title template behaviors multi_url url "
    "schema config post zh_cn"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["div", "column_set", "button", "2.0", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES.split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(document=JSON, kind=st.sampled_from(["text", "post", "interactive"]))
def test_no_body_makes_the_judge_raise(document: Any, kind: str) -> None:
    for body in (document, {"msg_type": kind, "content": document, "card": document}):
        assert judge_feishu(to_bot(body), BOT, NOW).body
    node = {"tag": "div", **document} if isinstance(document, dict) else document
    assert judge_feishu(to_bot(card(elements=[node])), BOT, NOW).body
    assert judge_feishu(to_bot(card_2(node)), BOT, NOW).body


@given(body=st.binary(max_size=60))
def test_no_bytes_make_the_judge_raise(body: bytes) -> None:
    assert judge_feishu(to_bot(body), SIGNING, NOW).body
