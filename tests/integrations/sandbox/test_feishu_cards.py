"""Which cards the look-alike refuses, and what is seen of the others."""

from typing import Any

import orjson
import pytest

from integrations.sandbox.feishu import judge_feishu
from integrations.sandbox.verdict import Seen
from tests.integrations.sandbox.calls import BOT, NOW, card, card_2, to_bot

BUTTON = {
    "tag": "button",
    "type": "primary",
    "text": {"tag": "plain_text", "content": "开始处理"},
    "url": "https://sentry.example.com/issues/1/",
}
BUTTON_2 = {
    "tag": "button",
    "text": {"tag": "plain_text", "content": "Go"},
    "behaviors": [{"type": "open_url", "default_url": "https://x.example/"}],
}


def plain(content: str = "x") -> dict[str, Any]:
    return {"tag": "plain_text", "content": content}


def div(content: str = "x", tag: str = "plain_text") -> dict[str, Any]:
    return {"tag": "div", "text": {"tag": tag, "content": content}}


def columns(*cells: Any) -> dict[str, Any]:
    return {"tag": "column_set", "columns": [{"tag": "column", "elements": list(cell)} for cell in cells]}


def nested(depth: int) -> dict[str, Any]:
    element: dict[str, Any] = div()
    for _ in range(depth):
        element = columns([element])
    return element


def seen_of(body: dict[str, Any]) -> Seen:
    verdict = judge_feishu(to_bot(body), BOT, NOW)
    assert verdict.accepted, verdict.reason
    assert verdict.seen
    return verdict.seen


def refusal_of(body: dict[str, Any]) -> str | None:
    verdict = judge_feishu(to_bot(body), BOT, NOW)
    answer = orjson.loads(verdict.body)
    return None if verdict.accepted else str(answer["msg"]) if answer["code"] == 11246 else str(answer["code"])


def test_the_whole_card_is_seen_from_top_to_bottom() -> None:
    seen = seen_of(
        card(
            elements=[
                columns([div("**🕐 时间**", "lark_md"), div("10:00")], [div("**📋 项目**\nweb", "lark_md")]),
                div("boom &amp; <b>"),
                {"tag": "markdown", "content": "<at id=all></at> <at id=ou_1></at>"},
                {"tag": "action", "actions": [BUTTON]},
                {"tag": "hr"},
                {
                    "tag": "note",
                    "elements": [{"tag": "lark_md", "content": "[来自Sentry日志平台](https://s.example/)"}],
                },
            ]
        )
    )
    assert (seen.form, seen.title, seen.colour) == ("card", "【网站服务ERROR】 web", "red")
    assert seen.rows == (("🕐 时间", "10:00"), ("📋 项目", "web"))
    assert seen.texts == ("boom &amp; <b>", "@all @ou_1")
    assert seen.buttons == (("开始处理", "https://sentry.example.com/issues/1/"),)
    assert seen.mentions == ("all", "ou_1")
    assert seen.links == ("https://sentry.example.com/issues/1/", "https://s.example/")
    assert seen.footnote == "来自Sentry日志平台"
    assert [block.kind for block in seen.blocks] == ["columns", "text", "text", "buttons", "rule", "note"]
    assert "https://" not in seen.visible_text


def test_a_card_of_version_2_is_seen_alike() -> None:
    small = {"tag": "markdown", "content": "small", "text_size": "notation"}
    print_2 = {"tag": "div", "text": {**plain("print"), "text_size": "notation"}}
    cells = columns([div("**a**", "lark_md"), div("1"), div("2")])
    seen = seen_of(card_2(cells, div("body"), BUTTON_2, {"tag": "hr"}, small, print_2))
    assert (seen.title, seen.colour, seen.rows) == ("title", "green", (("a", "1\n2"),))
    assert (seen.texts, seen.buttons) == (("body",), (("Go", "https://x.example/"),))
    assert seen.footnote == "small\nprint"


def test_fields_extras_panels_and_buttons_in_columns_are_seen() -> None:
    fields = {"tag": "div", "fields": [{"is_short": True, "text": {"tag": "lark_md", "content": "**a**1"}}]}
    extra = {**div("beside"), "extra": BUTTON}
    panel = {"tag": "collapsible_panel", "elements": [div("inside")]}
    inner = columns([div("cell"), {"tag": "action", "actions": [BUTTON, {"tag": "select_static"}]}])
    seen = seen_of(card(elements=[fields, extra, panel, inner]))
    assert seen.rows == (("a", "1"), ("", "cell"))
    assert seen.texts == ("beside", "inside")
    assert len(seen.buttons) == 2


def test_an_empty_card_is_taken_and_shows_nothing() -> None:
    seen = seen_of({"msg_type": "interactive", "card": {}})
    assert (seen.title, seen.colour, seen.blocks) == ("", "default", ())


@pytest.mark.parametrize(
    ("content", "shown", "mentions", "links"),
    [
        ("**bold** plain", "bold plain", (), ()),
        ("**[in](https://x.example/)**", "in", (), ("https://x.example/",)),
        ("[t](u v)", "[t](u v)", (), ()),
        ("<a href='https://x.example/'>t</a>", "t", (), ("https://x.example/",)),
        ("<font color='red'>red</font>", "red", (), ()),
        ("<at ids=ou_1,ou_2></at>", "@ou_1@ou_2", ("ou_1", "ou_2"), ()),
        ("< AT id = 'all' >x</at>", "@all", ("all",), ()),
        ("<at id=all>", "@all", ("all",), ()),
        ("&#60;at id=all&#62;&#60;/at&#62;", "<at id=all></at>", (), ()),
        ("&#42;&#42;x&#42;&#42; &#91;t&#93;&#40;https://x&#41;", "**x** [t](https://x)", (), ()),
        ("a &amp; &lt;b&gt; **x** c", "a & <b> x c", (), ()),
        ("a < b > c", "a < b > c", (), ()),
        ("<attr id=all>", "<attr id=all>", (), ()),
    ],
)
@pytest.mark.parametrize("tag", ["lark_md", "markdown"])
def test_markup_is_alive_where_feishu_reads_it(
    content: str, shown: str, mentions: tuple[str, ...], links: tuple[str, ...], tag: str
) -> None:
    element = {"tag": "markdown", "content": content} if tag == "markdown" else div(content, "lark_md")
    seen = seen_of(card(elements=[element]))
    assert (seen.texts, seen.mentions, seen.links) == ((shown,), mentions, links)


def test_markup_in_plain_text_is_dead() -> None:
    hostile = "<at id=all></at> **x** [t](https://x.example/)"
    seen = seen_of(card(elements=[div(hostile)]))
    assert (seen.texts, seen.mentions, seen.links) == ((hostile,), (), ())


@pytest.mark.parametrize(
    ("words", "shown", "mentions", "links"),
    [
        ('<at user_id="all">所有人</at> go', "@all go", ("all",), ()),
        ('<at user_id="all">', "@all", ("all",), ()),
        ("＜at user_id=all＞", "＜at user_id=all＞", (), ()),
        ("see https://x.example/a?b=1, **x**", "see https://x.example/a?b=1, **x**", (), ("https://x.example/a?b=1,",)),
        ("&#60;at user_id=all&#62;", "&#60;at user_id=all&#62;", (), ()),
    ],
)
def test_in_text_messages_mentions_and_bare_addresses_are_alive(
    words: str, shown: str, mentions: tuple[str, ...], links: tuple[str, ...]
) -> None:
    seen = seen_of({"msg_type": "text", "content": {"text": words}})
    assert (seen.texts, seen.mentions, seen.links) == ((shown,), mentions, links)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (card(elements={}), 200621),
        (card(elements=["x"]), 200621),
        (card(elements=[{"tag": "div", "text": "x"}]), 200621),
        (card(elements=[div("x", "markdown")]), 200621),
        (card(elements=[{"tag": "div", "text": {"tag": "plain_text"}}]), 200621),
        (card(elements=[{"tag": "div", "fields": {}}]), 200621),
        (card(elements=[{"tag": "div", "fields": [{"text": None}]}]), 200621),
        (card(elements=[{"tag": "markdown"}]), 200621),
        (card(elements=[{"tag": "note", "elements": [{"tag": "div"}]}]), 200621),
        (card(elements=[{"tag": "button", "text": plain(), "behaviors": {}}]), 200621),
        (card(elements=[{"tag": "column_set", "columns": "x"}]), 200621),
        (card(header=None), 200621),
        (card(header={"title": "x"}), 200621),
        (card(config=[]), 200621),
        (card(elements=[{"text": "no tag"}]), 200861),
        (card(elements=[{"tag": "marquee"}]), 200861),
        (card(elements=[{"tag": ["div"]}]), 200861),
        (card(header={"template": "#ff0000"}), 200550),
        (card(header={"template": ["red"]}), 200550),
        (card(elements=[{**BUTTON, "url": "javascript:alert(1)"}]), 200550),
        (card(elements=[{**BUTTON, "url": "https://x.example/a b"}]), 200550),
        (card(elements=[{**BUTTON, "url": "https://[x"}]), 200550),
        (card(elements=[{**BUTTON, "url": 7}]), 200550),
        (card(elements=[{**BUTTON, "multi_url": {"url": "x"}}]), 200550),
        (card(elements=[{**BUTTON, "text": plain("x" * 101)}]), 200550),
        (card(elements=[{"tag": "column_set", "columns": [div()]}]), 200410),
        (card(elements=[{"tag": "action", "actions": [div()]}]), 200410),
        (card(elements=[{**div(), "extra": {"tag": "action", "actions": []}}]), 200410),
        (card(elements=[nested(6)]), 200410),
        (card_2(schema=2.0), 200621),
        (card_2(schema="1.0"), 200621),
        (card_2(body=[]), 200621),
        (card_2(elements=[]), 200621),
        (card_2(config={"wide_screen_mode": True}), 200621),
        (card_2(config={"update_multi": False}), 200550),
        (card_2(header={"title": plain(), "extra": 1}), 200621),
        (card_2({**div(), "fields": []}), 200621),
        (card_2({"tag": "div", "text": {**plain(), "bold": True}}), 200621),
        (card_2({**BUTTON_2, "url": "https://x.example/"}), 200621),
        (card_2({"tag": "column_set", "columns": [{"tag": "column", "elements": [], "colour": "red"}]}), 200621),
        (card_2({"tag": "column", "elements": []}), 200861),
        (card_2({"tag": "note", "elements": []}), 200861),
        (card_2({"tag": "action", "actions": []}), 200861),
        (card_2({**BUTTON_2, "behaviors": [{"type": "open_url", "default_url": "/relative"}]}), 200550),
    ],
)
def test_a_card_is_refused_with_feishus_own_number(body: dict[str, Any], code: int) -> None:
    assert f"ErrCode: {code};" in str(refusal_of(body))


@pytest.mark.parametrize(
    "body",
    [
        card(elements=[{**div(), "unheard_of": 1}], unheard_of=2),
        card(elements=[nested(5)]),
        card(elements=[{**BUTTON, "text": plain("x" * 100)}]),
        card_2(nested(5)),
        card_2({"tag": "div", "element_id": "a", "margin": "0", "text": {**plain(), "text_size": "normal"}}),
    ],
)
def test_a_card_within_the_rules_is_taken(body: dict[str, Any]) -> None:
    assert refusal_of(body) is None


def test_two_hundred_elements_are_one_too_many_when_texts_count_too() -> None:
    assert refusal_of(card(header={}, elements=[div()] * 100)) is None
    assert "ErrCode: 11310;" in str(refusal_of(card(header={}, elements=[*[div()] * 100, {"tag": "hr"}])))


def test_a_card_nested_beyond_reason_is_answered() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [{"tag": "collapsible_panel", "elements": deep}]
    assert "ErrCode: 200410;" in str(refusal_of(card(elements=deep)))


@pytest.mark.parametrize(
    "content", ["<" * 9000, "<" + " " * 9000, "<a href=" + "x" * 9000, "[" * 9000, "**" * 4500, "<at " * 4000]
)
def test_no_markup_makes_the_look_alike_think_for_long(content: str) -> None:
    assert seen_of(card(elements=[{"tag": "markdown", "content": content}])).form == "card"
