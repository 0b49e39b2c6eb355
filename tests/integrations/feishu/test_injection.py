"""Strangers write into alerts: what they write is shown, and does nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest

from integrations.contract import ListedAlert, Listing, Message, MessageType, SentryStatus, Severity, Text
from integrations.feishu import DESTINATION
from integrations.feishu.escape import block, break_mentions, one_line
from tests.integrations.feishu.samples import (
    NOW,
    VARIANTS,
    alert,
    listing,
    message,
    metric,
    recovery,
    settings,
)
from tests.integrations.feishu.test_message import contents

CORPUS = (
    "<at id=all></at>",
    '<at user_id="all">all</at>',
    "< at user_id='all'>",
    "<AT ID=all>",
    "<\u0000at id=all>",
    "<\u202eat id=all>",
    "<\u200bat id=all>",
    "<\ud800at id=all>",
    "<\nat id=all>",
    "</at><at email=a@b.example>",
    "[open](https://evil.example)",
    "![](img_v2_1)",
    "<a href='https://evil.example'>x</a>",
    "<font color='red'>x</font>",
    "<link url='https://evil.example'>x</link>",
    "<text_tag color='red'>x</text_tag>",
    "<person id='ou_1'>",
    "**bold** *it* ~~gone~~ `code`",
    "# heading\n- list\n> quote\n---",
    "{{7*7}} ${x} {0} {project} %s %(x)s",
    "&#60;at id=all&#62;",
    ")](https://evil.example)[x](",
    '"}],"card":{}',
)
OURS = {"**🕐 时间**", "**📋 项目**", "**📍 部署环境**", "**🔢 事件 ID**", "来自Sentry日志平台"}
OURS |= {"**🕐 Time**", "**📋 Project**", "**📍 Environment**", "**🔢 Event ID**", "From the Sentry log platform"}


def poisoned(text: str) -> tuple[Message, ...]:
    told: dict[str, Any] = {
        **dict.fromkeys(("title", "message", "culprit", "error_type", "error_value", "level", "environment"), text),
        **dict.fromkeys(("project_slug", "issue_id", "rule_name", "link"), text),
    }
    around: dict[str, Any] = {"fallback_of": text, "log_link": text, "mute_link": text, "severity": Severity.CRITICAL}
    body = Listing(
        title=Text(text, text),
        total=1,
        per_project=((text, 1),),
        alerts=(ListedAlert(text, text, Severity.CRITICAL, text, 2),),
        lines=(Text(text, text),),
        link=text,
    )
    fired = alert(**told)
    return (
        message(fired, **around),
        replace(metric(), alert=replace(fired, kind="metric"), **around),
        replace(
            recovery(environment=text),
            alert=replace(fired, sentry_status=SentryStatus.RESOLVED),
            **{**around, "severity": Severity.OK},
        ),
        *(
            listing(kind, listing=body, **around)
            for kind in (MessageType.SUMMARY, MessageType.DIGEST, MessageType.OPERATIONS)
        ),
    )


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("text", CORPUS, ids=ascii)
def test_what_a_stranger_writes_is_only_ever_plain_text(text: str, variant: str) -> None:
    stated, simplification = VARIANTS[variant]
    checked = settings(**{**stated, "mention": {}})
    for about in poisoned(text):
        body = json.loads(DESTINATION.render(about, checked, NOW, simplification).body)
        if simplification:
            told = "".join(character for character in body["content"]["text"] if character.isprintable()).lower()
            assert "<at" not in told.replace(" ", "").replace("\u200b", "")
            assert "</at" not in told
        else:
            assert set(contents(body, "lark_md", "markdown")) <= OURS | {"来自 Alert Relay", "From Alert Relay"}
            assert not {"a", "at", "img", "button", "person"} & {part["tag"] for part in _tagged(body)}


def _tagged(value: Any) -> list[dict[str, Any]]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) and "tag" in value else []
    return own + [part for child in inner for part in _tagged(child)]


@pytest.mark.parametrize("schema", ["1.0", "2.0"])
def test_only_the_settings_decide_who_is_mentioned(schema: str) -> None:
    about = poisoned("<at id=ou_evil></at>")[0]
    body = DESTINATION.render(about, settings(mention={"critical": ["ou_1"]}, card_schema=schema), NOW, None).body
    live = [text for text in contents(json.loads(body), "lark_md", "markdown") if "<at" in text]
    assert live == ["<at id=ou_1></at>"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"),
        ("\u202eevil\u2069\u200f", "evil"),
        ("a\x00\x07\x1b[31mb\x9f", "a[31mb"),
        ("\ud800a\udfff", "a"),
        ("tab\there", "tab here"),
        ("  around  ", "around"),
        ("家👨‍👩‍👧 ok", "家👨‍👩‍👧 ok"),
    ],
)
def test_text_is_shown_without_what_would_change_how_it_reads(text: str, kept: str) -> None:
    assert block(text, 100) == kept


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a b c", 3, "a…"), ("a\n\n b", 9, "a b"), ("", 3, ""), ("abc", 1, "…")],
)
def test_a_line_is_cut_to_its_limit(text: str, limit: int, kept: str) -> None:
    assert one_line(text, limit) == kept


def test_a_text_of_megabytes_is_cut_before_it_is_cleaned() -> None:
    assert one_line("a" + "\x00" * 10_000 + "b", 10) == "a…"
    assert block("a" + "\x00" * 10_000 + "b", 10) == "a…"


def test_other_angle_brackets_stay_readable_in_text() -> None:
    assert break_mentions("List<int> a < b <module> <atom>") == "List<int> a < b <module> ＜atom>"


def test_a_wall_of_brackets_is_dealt_with_quickly() -> None:
    assert break_mentions("<" * 200_000).count("<") == 200_000
