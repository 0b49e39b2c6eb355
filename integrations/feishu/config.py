"""A Feishu target's settings: the fields as data, and the check that normalises what an operator gave."""

from collections.abc import Callable, Mapping

from integrations.contract import ConfigError, Field, Json, Settings, Text
from integrations.feishu.address import check_address
from integrations.feishu.checks import (
    LIMITS,
    Unusable,
    check_choice,
    check_limits,
    check_mentions,
    check_secret,
    check_text,
    check_zone,
)
from integrations.feishu.words import DEFAULT_PREFIX

LANGUAGES = ("zh-hans", "en")
SCHEMAS = ("1.0", "2.0")
ANSWER_LINKS: Mapping[str, tuple[str, ...]] = {"none": (), "trace": ("trace",), "trace_and_mute": ("trace", "mute")}
"""Which pages of ours a card offers: the choice by its stored name."""

FIELDS = (
    Field(
        name="webhook_url",
        type="url",
        label=Text("Webhook address", "Webhook 地址"),
        help=Text(
            "From the group's settings: Bots, custom bot, webhook address. Whoever knows it can write to the group.",
            "在群设置 → 群机器人 → 自定义机器人中复制 webhook 地址。知道它的人都能向群里发消息。",
        ),
        required=True,
        credential=True,
    ),
    Field(
        name="secret",
        type="secret",
        label=Text("Signing secret", "签名密钥"),
        help=Text(
            "Only when signature verification is switched on in the bot's security settings.",
            "仅当机器人安全设置中启用了签名校验时填写。",
        ),
        credential=True,
        default="",
    ),
    Field(
        name="language",
        type="choice",
        label=Text("Language", "消息语言"),
        default="zh-hans",
        choices=(("zh-hans", Text("Simplified Chinese", "简体中文")), ("en", Text("English", "英文"))),
    ),
    Field(
        name="timezone",
        type="zone",
        label=Text("Time zone", "时区"),
        help=Text("Times in messages are shown in this zone.", "消息中的时间按此时区显示。"),
        default="Asia/Shanghai",
    ),
    Field(
        name="title_prefix",
        type="text",
        label=Text("Title prefix", "标题前缀"),
        help=Text(
            f"Stands before the level in every title. English messages say Website for the untouched {DEFAULT_PREFIX}.",
            f"位于每条标题的级别之前。英文消息会把默认的“{DEFAULT_PREFIX}”写作 Website。",
        ),
        default=DEFAULT_PREFIX,
    ),
    Field(
        name="keyword",
        type="text",
        label=Text("Keyword", "关键词"),
        help=Text(
            "Only when the bot's security settings ask for keywords: one of them. It is put into every message.",
            "仅当机器人安全设置中启用了自定义关键词时填写其中一个。每条消息都会带上它。",
        ),
        default="",
    ),
    Field(
        name="mention",
        type="mentions",
        label=Text("Mentions", "提醒谁看"),
        help=Text(
            "Per severity (critical, warning, info): all, open_id or user_id. Recoveries and tests mention nobody.",
            "按告警等级（critical、warning、info）填写 all、open_id 或 user_id。恢复和测试消息不提醒任何人。",
        ),
        default={},
    ),
    Field(
        name="card_schema",
        type="choice",
        label=Text("Card version", "卡片版本"),
        help=Text(
            "1.0 works on every client; 2.0 needs Feishu 7.20 or later.",
            "1.0 适用于所有客户端；2.0 需要飞书 7.20 及以上版本。",
        ),
        default="1.0",
        choices=(("1.0", Text("1.0", "1.0")), ("2.0", Text("2.0", "2.0"))),
    ),
    Field(
        name="answer_links",
        type="choice",
        label=Text("Buttons that lead back", "卡片上的操作"),
        help=Text(
            "Further buttons on the cards of alerts. Whoever presses one logs in to the relay first; muting asks once more.",
            "告警卡片上的附加按钮。点击后须先登录本系统，静默前会再次确认。",
        ),
        default="none",
        choices=(
            ("none", Text("None", "不显示")),
            ("trace", Text("Why am I seeing this", "为什么收到")),
            ("trace_and_mute", Text("Why am I seeing this, and mute for 1 h", "为什么收到、静默 1 小时")),
        ),
    ),
    Field(
        name="limits",
        type="limits",
        label=Text("Limits", "限速"),
        help=Text(
            "Messages a second and a minute; 0 means no limit. Feishu itself takes 5 and 100.",
            "每秒和每分钟的消息数；0 表示不限。飞书自身的上限是 5 和 100。",
        ),
        default=dict(LIMITS),
    ),
)

_CHECKS: Mapping[str, Callable[[Json], Json]] = {
    "webhook_url": check_address,
    "secret": check_secret,
    "language": lambda value: check_choice(value, LANGUAGES),
    "timezone": check_zone,
    "title_prefix": check_text,
    "keyword": check_text,
    "mention": check_mentions,
    "card_schema": lambda value: check_choice(value, SCHEMAS),
    "answer_links": lambda value: check_choice(value, tuple(ANSWER_LINKS)),
    "limits": check_limits,
}


def check(settings: Settings) -> Settings:
    """Every field in its normal form, defaults filled in; raises ConfigError that names each unusable one."""
    errors = {
        str(name): Text("Unknown setting; remove it.", "未知的设置项，请删除。")
        for name in settings
        if name not in _CHECKS
    }
    checked = {}
    for field in FIELDS:
        value = settings.get(field.name)
        left_blank = value is None or (value == "" and field.type != "text")  # a title without prefix is a choice
        try:
            checked[field.name] = _CHECKS[field.name](field.default if left_blank else value)
        except Unusable as unusable:
            errors[field.name] = unusable.text
    if errors:
        raise ConfigError(errors)
    return checked
