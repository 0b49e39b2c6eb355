"""What a Feishu group reads: the card and its plain text, to the letter."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.contract import ListedAlert, Listing, Message, MessageType, OutcomeKind, Severity, Text
from integrations.feishu import DESTINATION
from tests.integrations.feishu.samples import (
    LINK,
    MESSAGES,
    NOW,
    URL,
    VARIANTS,
    alert,
    golden,
    listing,
    message,
    metric,
    recovery,
    rendered,
    settings,
)

TITLE = "【网站服务ERROR】 web-shop项目在production环境出现异常"


def card(about: Message, **stated: Any) -> Any:
    return json.loads(DESTINATION.render(about, settings(**stated), NOW, None).body)["card"]


def title(about: Message, **stated: Any) -> str:
    return str(card(about, **stated)["header"]["title"]["content"])


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(part)


def contents(value: Any, *tags: str) -> list[str]:
    return [part["content"] for part in parts(value) if part.get("tag") in tags and "content" in part]


def visible(body: Any) -> str:
    if body["msg_type"] == "text":
        return str(body["content"]["text"])
    return "\n".join(contents(body, "plain_text", "lark_md", "markdown"))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_exactly_the_agreed_one(name: str, variant: str) -> None:
    assert rendered(MESSAGES[name], variant) == json.loads(golden(name).read_text(encoding="utf-8"))[variant]


def test_the_request_goes_to_the_bot_and_names_what_to_mask() -> None:
    request = DESTINATION.render(message(), settings(secret="s3cret"), NOW, None)
    assert request.url == URL
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.secrets == ("token-1", "s3cret")
    assert "异常".encode() in request.body


@pytest.mark.parametrize(
    ("severity", "level", "expected"),
    [
        (Severity.CRITICAL, "info", "red"),
        (Severity.CRITICAL, None, "red"),
        (Severity.INFO, "fatal", "blue"),
        (Severity.OK, "error", "green"),
        (Severity.WARNING, "fatal", "red"),
        (Severity.WARNING, "error", "red"),
        (Severity.WARNING, "Error", "red"),
        (Severity.WARNING, "warning", "yellow"),
        (Severity.WARNING, "info", "blue"),
        (Severity.WARNING, "debug", "blue"),
        (Severity.WARNING, None, "orange"),
        (Severity.WARNING, "sample", "orange"),
    ],
)
def test_the_colour_follows_severity_and_then_level(severity: Severity, level: str | None, expected: str) -> None:
    assert card(message(alert(level=level), severity=severity))["header"]["template"] == expected


@pytest.mark.parametrize(
    ("about", "stated", "expected"),
    [
        (message(), {}, TITLE),
        (message(alert(level="fatal")), {}, "【网站服务FATAL】 web-shop项目在production环境出现异常"),
        (message(alert(level=None)), {}, TITLE),
        (message(alert(environment=None)), {}, "【网站服务ERROR】 web-shop项目在UNKNOWN环境出现异常"),
        (message(alert(project_slug=None, project_name="Web shop")), {}, TITLE.replace("web-shop", "Web shop")),
        (message(alert(project_slug=None)), {}, TITLE.replace("web-shop", "UNKNOWN")),
        (message(), {"title_prefix": "交易"}, "【交易ERROR】 web-shop项目在production环境出现异常"),
        (message(), {"title_prefix": ""}, "【ERROR】 web-shop项目在production环境出现异常"),
        (recovery(), {}, "【网站服务恢复】 web-shop项目在production环境的异常已恢复"),
        (recovery(environment=None), {}, "【网站服务恢复】 web-shop项目在UNKNOWN环境的异常已恢复"),
        (metric(), {}, "【网站服务CRITICAL】 web-shop项目触发指标告警：p95 of checkout"),
        (message(is_test=True), {}, f"【测试】{TITLE}"),
        (message(alert(is_test=True)), {}, f"【测试】{TITLE}"),
        (message(), {"keyword": "监控"}, f"{TITLE} 监控"),
        (message(), {"keyword": "异常"}, TITLE),
        (message(), {"language": "en"}, "【Website ERROR】 Project web-shop: exception in environment production"),
        (
            message(),
            {"language": "en", "title_prefix": "Shop"},
            "【Shop ERROR】 Project web-shop: exception in environment production",
        ),
        (listing(MessageType.SUMMARY), {}, "【网站服务汇总】 3 条告警未推送"),
        (listing(MessageType.DIGEST, is_test=True), {}, "【测试】【网站服务合并】 3 条告警未推送"),
    ],
)
def test_the_title_says_prefix_level_project_and_environment(
    about: Message, stated: dict[str, Any], expected: str
) -> None:
    assert title(about, **stated) == expected


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "about",
    [
        message(alert(project_slug="p" * 400, environment="e" * 30)),
        replace(recovery(environment="e" * 30), alert=replace(recovery().alert or alert(), project_slug="p" * 400)),
    ],
    ids=["firing", "recovery"],
)
def test_a_long_project_gives_way_to_the_environment(about: Message, language: str) -> None:
    line = title(about, language=language, keyword="监控")
    assert len(line) <= 150
    assert "e" * 30 in line
    assert "ppp…" in line
    assert line.endswith("监控")


def test_a_long_rule_name_is_cut_in_the_title() -> None:
    about = metric()
    line = title(replace(about, alert=replace(about.alert or alert(), rule_name="r" * 400)))
    assert len(line) == 150
    assert line.endswith("r…")


def test_the_title_is_one_line() -> None:
    assert title(message(alert(project_slug="a\nb\tc", environment="x\r\ny"))).count("\n") == 0


@pytest.mark.parametrize(
    ("zone", "occurred_at", "shown"),
    [
        ("Asia/Shanghai", datetime(2026, 3, 1, 23, 30, tzinfo=UTC), "2026-03-02 07:30:00"),
        ("America/New_York", datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC), "2026-03-08 01:59:59"),
        ("America/New_York", datetime(2026, 3, 8, 7, 0, 0, tzinfo=UTC), "2026-03-08 03:00:00"),
        ("UTC", None, "2026-03-02 04:05:06"),
    ],
)
def test_times_stand_in_the_targets_zone(zone: str, occurred_at: datetime | None, shown: str) -> None:
    assert shown in contents(card(message(alert(occurred_at=occurred_at)), timezone=zone), "plain_text")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["PaymentError shop.pay in charge", "card declined", "Message:\ncharge ch_17 failed\nfor customer 12"]),
        ({"error_type": ""}, ["shop.pay in charge", "card declined", "Message:\ncharge ch_17 failed\nfor customer 12"]),
        (
            {"message": ""},
            ["PaymentError shop.pay in charge", "card declined", "Message:\nPaymentError: card declined"],
        ),
        ({"error_type": "", "culprit": "", "error_value": "", "message": ""}, ["PaymentError: card declined"]),
        (
            {"error_type": "", "culprit": "", "error_value": "", "message": "more"},
            ["PaymentError: card declined", "Message:\nmore"],
        ),
        ({"error_type": "", "culprit": "", "error_value": "", "message": "", "title": ""}, ["-"]),
    ],
)
def test_the_error_is_type_and_culprit_then_value_then_message(changes: dict[str, Any], expected: list[str]) -> None:
    shown = [part["text"]["content"] for part in card(message(alert(**changes)))["elements"] if part["tag"] == "div"]
    assert shown == expected


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("about", MESSAGES.values(), ids=MESSAGES)
def test_the_keyword_stands_in_every_message(about: Message, variant: str) -> None:
    assert "监控" in visible(rendered(about, variant, keyword="监控"))


@pytest.mark.parametrize("schema", ["1.0", "2.0"])
def test_mentions_follow_the_severity(schema: str) -> None:
    mention = {"critical": ["all"], "warning": ["ou_1", "duty"]}
    ways = {Severity.CRITICAL: "<at id=all></at>", Severity.WARNING: "<at id=ou_1></at> <at id=duty></at>"}
    for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO):
        shown = contents(card(message(severity=severity), mention=mention, card_schema=schema), "lark_md")
        assert [text for text in shown if "<at" in text] == ([ways[severity]] if severity in ways else [])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "about",
    [
        recovery(),
        recovery(severity=Severity.CRITICAL),
        message(severity=Severity.CRITICAL, is_test=True),
        message(alert(is_test=True), severity=Severity.CRITICAL),
        listing(MessageType.SUMMARY),
        listing(MessageType.DIGEST),
        listing(MessageType.OPERATIONS),
    ],
    ids=["recovery", "loud recovery", "our test", "their test", "summary", "digest", "operations"],
)
def test_nobody_is_mentioned_but_for_an_alert_that_fires(about: Message, variant: str) -> None:
    everywhere = {"critical": ["all"], "warning": ["all"], "info": ["all"]}
    assert "<at" not in visible(rendered(about, variant, mention=everywhere))


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name.endswith("text")])
def test_the_simpler_form_mentions_nobody_since_a_mention_may_be_what_was_refused(variant: str) -> None:
    assert "<at" not in visible(rendered(message(severity=Severity.CRITICAL), variant))


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        "javascript:alert(1)",
        "/issues/1/",
        "https://",
        "https://a b.example/",
        "https://user@sentry.example.com/",
        "https://sentry.example.com/\u202e",
        "https://sentry.example.com:x/",
        "https://例子.example/",
        "https://sentry.example.com/" + "a" * 2000,
        "https://sentry.example.com/" + "异" * 500,
    ],
)
@pytest.mark.parametrize("schema", ["1.0", "2.0"])
def test_a_card_without_a_usable_link_has_no_button_and_says_its_origin_in_words(schema: str, link: str | None) -> None:
    body = card(message(alert(link=link)), card_schema=schema)
    assert not [part for part in parts(body) if part.get("tag") == "button"]
    assert contents(body, "lark_md", "markdown")[-1] == "来自Sentry日志平台"


def test_the_button_and_the_note_lead_to_the_issue() -> None:
    elements = card(message())["elements"]
    assert [part["tag"] for part in elements[-3:]] == ["action", "hr", "note"]
    assert elements[-3]["actions"][0]["url"] == LINK
    assert elements[-3]["actions"][0]["type"] == "primary"
    assert contents(elements[-1], "lark_md") == [f"[来自Sentry日志平台]({LINK})"]


@pytest.mark.parametrize("schema", ["1.0", "2.0"])
@pytest.mark.parametrize(
    ("stated", "labels"),
    [
        ({}, ["开始处理"]),
        ({"answer_links": "none"}, ["开始处理"]),
        ({"answer_links": "trace"}, ["开始处理", "为什么收到"]),
        ({"answer_links": "trace_and_mute"}, ["开始处理", "为什么收到", "静默 1 小时"]),
    ],
)
def test_the_buttons_that_lead_back_are_switched_by_target(
    schema: str, stated: dict[str, Any], labels: list[str]
) -> None:
    told = message(log_link="https://relay.example.com/1/", mute_link="https://relay.example.com/mute/a:b/")
    body = card(told, card_schema=schema, **stated)
    buttons = [part for part in parts(body) if part.get("tag") == "button"]
    assert [button["text"]["content"] for button in buttons] == labels
    assert [button["type"] for button in buttons] == ["primary", "default", "default"][: len(labels)]
    assert [part.get("tag") for part in parts(body)].count("action") == (schema == "1.0")


@pytest.mark.parametrize("about", [recovery(), listing(MessageType.DIGEST)], ids=["recovery", "digest"])
def test_only_a_firing_alert_offers_to_mute(about: Message) -> None:
    shown = card(about, answer_links="trace_and_mute")
    assert "静默 1 小时" not in json.dumps(shown, ensure_ascii=False)


def test_a_link_cannot_end_the_markdown_it_stands_in() -> None:
    link = "https://sentry.example.com/a)[b](https://evil.example/?x=<at id=all>"
    assert contents(card(message(alert(link=link)))["elements"][-1], "lark_md") == ["来自Sentry日志平台"]
    tight = "https://sentry.example.com/a)[b](https://evil.example/?x=<at"
    assert contents(card(message(alert(link=tight)))["elements"][-1], "lark_md") == [
        "[来自Sentry日志平台](https://sentry.example.com/a%29%5Bb%5D%28https://evil.example/?x=%3Cat)"
    ]


@pytest.mark.parametrize("schema", ["1.0", "2.0"])
def test_a_digest_links_its_loudest_issues(schema: str) -> None:
    shown = contents(card(listing(MessageType.DIGEST), card_schema=schema), "lark_md", "plain_text")
    assert "[严重] web-shop：KeyError: 'id' ×2" in shown
    assert "[查看](https://sentry.example.com/issues/1/)" in shown
    assert "共 3 条告警\nweb-shop：2 条\napi：1 条" in shown


def test_projects_without_room_are_counted_together() -> None:
    body = Listing(title=Text("x", "x"), total=330, per_project=tuple((f"p{number}", 3) for number in range(110)))
    shown = "\n".join(contents(card(listing(MessageType.DIGEST, listing=body)), "plain_text"))
    assert shown.count("：3 条") == 100
    assert "… 其余 10 个项目：30 条" in shown
    assert "共 330 条告警" in shown


def test_the_second_version_has_no_element_that_it_knows_no_more() -> None:
    for about in MESSAGES.values():
        body = card(about, card_schema="2.0")
        assert set(body) == {"schema", "config", "header", "body"}
        assert body["schema"] == "2.0"
        assert not {part.get("tag") for part in parts(body)} & {"note", "action"}


def test_a_refused_card_is_told_as_text_with_the_same_facts() -> None:
    body = rendered(message(severity=Severity.CRITICAL), "zh-hans text")
    assert body["msg_type"] == "text"
    for fact in (TITLE, "2026-03-02 12:00:00", "web-shop", "production", "4711", "card declined", LINK):
        assert fact in body["content"]["text"]


def test_the_simpler_form_masks_what_content_inspection_stops() -> None:
    told = alert(message="mail li.lei+x@example.com.cn or call 13800138000 or +4915112345678, order 20260302113800")
    text = visible(rendered(message(told), "zh-hans text"))
    assert "mail *** or call *** or ***, order 20260302113800" in text


def test_the_simpler_form_masks_listed_alerts_too() -> None:
    listed = ListedAlert("no mail to a@example.com", "web", Severity.WARNING, LINK)
    about = listing(MessageType.DIGEST, listing=Listing(title=Text("x", "x"), alerts=(listed,)))
    assert f"[警告] web：no mail to ***：{LINK}" in visible(rendered(about, "zh-hans text"))


def test_a_message_without_content_is_a_mistake_of_the_caller() -> None:
    for kind in (MessageType.ALERT, MessageType.DIGEST):
        with pytest.raises(ValueError, match="without its content"):
            DESTINATION.render(Message(type=kind, severity=Severity.INFO, alert_key="k"), settings(), NOW, None)


def test_any_simplification_asked_for_is_the_text() -> None:
    request = DESTINATION.render(message(), settings(), NOW, OutcomeKind.SIMPLIFY)
    assert json.loads(request.body)["msg_type"] == "text"
