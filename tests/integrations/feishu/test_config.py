"""What an operator may write into a Feishu target, and what the refusals say."""

from typing import Any

import pytest

from integrations.contract import ConfigError, Text
from integrations.feishu import DESTINATION
from tests.integrations.feishu.samples import URL, settings

HOOK = "/open-apis/bot/v2/hook/token-1"


def refusal(field: str, **stated: Any) -> Text:
    with pytest.raises(ConfigError) as caught:
        settings(**stated)
    assert set(caught.value.errors) == {field}
    return caught.value.errors[field]


def test_everything_but_the_address_has_a_default() -> None:
    assert settings() == {
        "webhook_url": URL,
        "secret": "",
        "language": "zh-hans",
        "timezone": "Asia/Shanghai",
        "title_prefix": "网站服务",
        "keyword": "",
        "mention": {},
        "card_schema": "1.0",
        "answer_links": "none",
        "limits": {"per_second": 5, "per_minute": 100},
    }


def test_what_a_form_leaves_blank_is_the_default() -> None:
    blank = dict.fromkeys(("secret", "language", "timezone", "keyword", "mention", "card_schema", "limits"), "")
    assert settings(**blank) == settings()
    assert settings(**dict.fromkeys([*blank, "title_prefix"])) == settings()


def test_a_title_may_go_without_a_prefix() -> None:
    assert settings(title_prefix="")["title_prefix"] == ""


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        (f"  {URL}\n", URL),
        (f"{URL}/", URL),
        (f"{URL}?from=x#top", URL),
        (f"HTTPS://Open.Feishu.CN:443{HOOK}", f"https://open.feishu.cn{HOOK}"),
        (f"https://open.larksuite.com{HOOK}", f"https://open.larksuite.com{HOOK}"),
        (f"https://feishu.corp.example:8443/im{HOOK}", f"https://feishu.corp.example:8443/im{HOOK}"),
        (f"http://127.0.0.1:9000/sandbox/team-1{HOOK}", f"http://127.0.0.1:9000/sandbox/team-1{HOOK}"),
        (f"http://[::1]:9000{HOOK}", f"http://[::1]:9000{HOOK}"),
        (f"http://intranet:80{HOOK}", f"http://intranet{HOOK}"),
    ],
)
def test_an_address_is_kept_in_one_spelling(pasted: str, kept: str) -> None:
    checked = settings(webhook_url=pasted)
    assert checked["webhook_url"] == DESTINATION.address(checked) == kept


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        None,
        12,
        ["https://open.feishu.cn" + HOOK],
        "token-1",
        f"open.feishu.cn{HOOK}",
        f"ftp://open.feishu.cn{HOOK}",
        f"javascript://open.feishu.cn{HOOK}",
        f"https://{HOOK}",
        "https://open.feishu.cn/open-apis/bot/v2/hook/",
        "https://open.feishu.cn/open-apis/bot/v2/hook/a/b",
        "https://open.feishu.cn/open-apis/bot/v2/hook/a b",
        "https://open.feishu.cn/open-apis/bot/v2/hook/a%2fb",
        "https://open.feishu.cn/open-apis/bot/v2/hook/\ttoken",
        "https://open.feishu.cn/open-apis/bot/v2/hook/令牌",
        "https://open.feishu.cn/open-apis/im/v1/messages",
        f"https://user:password@open.feishu.cn{HOOK}",
        f"https://open.feishu.cn\\@evil.example{HOOK}",
        f"https://open.feishu.cn:port{HOOK}",
        f"https://open.feishu.cn:99999{HOOK}",
        f"https://[::1{HOOK}",
        f"https://open.feishu.cn{HOOK}" + "x" * 500,
    ],
)
def test_what_is_no_bot_address_is_refused_with_an_example(pasted: Any) -> None:
    advice = refusal("webhook_url", webhook_url=pasted)
    assert "https://open.feishu.cn/open-apis/bot/v2/hook/…" in advice.en
    assert "https://open.feishu.cn/open-apis/bot/v2/hook/…" in advice.zh


@pytest.mark.parametrize(
    ("pasted", "en", "zh"),
    [
        ("https://open.feishu.cn/open-apis/bot/hook/abc", "version 1", "第 1 版"),
        ("https://www.feishu.cn/flow/api/trigger-webhook/abc", "flow", "流程"),
        ("https://botbuilder.feishu.cn/anycross/trigger/callback/abc", "flow", "流程"),
        (f"http://open.feishu.cn{HOOK}", "https", "https"),
    ],
)
def test_a_look_alike_is_refused_with_what_to_do_instead(pasted: str, en: str, zh: str) -> None:
    advice = refusal("webhook_url", webhook_url=pasted)
    assert en in advice.en
    assert zh in advice.zh


def test_a_refusal_never_quotes_the_address() -> None:
    with pytest.raises(ConfigError) as caught:
        settings(webhook_url="https://open.feishu.cn/open-apis/bot/hook/very-secret")
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("secret", 42),
        ("secret", "two words"),
        ("secret", "密钥"),
        ("language", "fr"),
        ("language", 1),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Asia"),
        ("timezone", 8),
        ("title_prefix", 7),
        ("title_prefix", "x" * 51),
        ("keyword", ["告警"]),
        ("keyword", "词" * 51),
        ("card_schema", 1.0),
        ("card_schema", "3.0"),
        ("mention", ["all"]),
        ("mention", {"ok": ["all"]}),
        ("mention", {"loud": ["all"]}),
        ("mention", {"critical": "all"}),
        ("mention", {"critical": [12345]}),
        ("mention", {"critical": ["someone@example.com"]}),
        ("mention", {"critical": ["on_" + "0a" * 16]}),
        ("mention", {"critical": ["oc_a0553eda9014c201e6969b478895c230"]}),
        ("mention", {"critical": ["all></at><at id=ou_2"]}),
        ("mention", {"critical": [""]}),
        ("mention", {"critical": [f"ou_{number}" for number in range(21)]}),
        ("limits", 5),
        ("limits", {"per_hour": 1}),
        ("limits", {"per_second": -1}),
        ("limits", {"per_second": "5"}),
        ("limits", {"per_second": True}),
        ("limits", {"per_minute": float("nan")}),
        ("limits", {"per_minute": float("inf")}),
    ],
)
def test_an_unusable_value_is_refused_in_both_languages(field: str, value: Any) -> None:
    advice = refusal(field, **{field: value})
    assert advice.en
    assert advice.zh
    assert advice.en != advice.zh


def test_an_unknown_setting_is_refused_by_name_together_with_the_other_mistakes() -> None:
    with pytest.raises(ConfigError) as caught:
        DESTINATION.check({"webhook": URL, "timezone": "Mars/Olympus"})
    assert set(caught.value.errors) == {"webhook", "timezone", "webhook_url"}


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("secret", " abc== \n", "abc=="),
        ("language", "EN", "en"),
        ("timezone", " Europe/Berlin ", "Europe/Berlin"),
        ("title_prefix", "交易\n服务\u202e", "交易 服务"),
        ("keyword", " 告警 ", "告警"),
        ("mention", {"critical": ["all", " ou_1 ", "all"], "info": []}, {"critical": ["all", "ou_1"]}),
        ("limits", {"per_second": 0}, {"per_second": 0, "per_minute": 100}),
        ("limits", {"per_second": 0.5, "per_minute": None}, {"per_second": 0.5, "per_minute": 100}),
    ],
)
def test_a_usable_value_is_kept_in_its_normal_form(field: str, value: Any, kept: Any) -> None:
    checked = settings(**{field: value})
    assert checked[field] == kept
    assert DESTINATION.check(checked) == checked
