"""Checks of single settings: each takes what an operator gave and answers the normal form, or says what to do."""

import math
import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from integrations.contract import Json, Text
from integrations.feishu.escape import one_line

TEXT_LIMIT = 50
MENTIONS_LIMIT = 20
MENTIONED = ("critical", "warning", "info")
LIMITS = {"per_second": 5, "per_minute": 100}
"""What Feishu takes per bot: 5 a second, 100 a minute (custom bot guide)."""


class Unusable(Exception):  # noqa: N818 - says what the setting is
    """One setting cannot be used; `text` says what to do about it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def check_text(value: Json) -> str:
    """One short line; raises Unusable."""
    line = _string(value)
    line = one_line(line, len(line))
    if len(line) > TEXT_LIMIT:
        raise Unusable(Text(f"Use at most {TEXT_LIMIT} characters.", f"最多 {TEXT_LIMIT} 个字符。"))
    return line


def check_secret(value: Json) -> str:
    """The signing secret as Feishu shows it, or `""`; raises Unusable."""
    secret = _string(value).strip()
    if not re.fullmatch(r"[\x21-\x7e]{0,200}", secret):
        raise Unusable(
            Text(
                "Paste the signing secret as the bot's security settings show it: it has neither spaces nor Chinese.",
                "请粘贴机器人安全设置中显示的签名密钥：其中没有空格和中文。",
            )
        )
    return secret


def check_choice(value: Json, allowed: tuple[str, ...]) -> str:
    """One of the allowed values; raises Unusable."""
    if isinstance(value, str) and value.strip().lower() in allowed:
        return value.strip().lower()
    named = ", ".join(f'"{choice}"' for choice in allowed)
    raise Unusable(Text(f"Choose one of {named}, in quotes.", f"请从 {named} 中选择一个（带引号）。"))


def check_zone(value: Json) -> str:
    """The name of a time zone that this machine knows; raises Unusable."""
    name = _string(value).strip()
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        advice = Text("Use a time zone's name, such as Asia/Shanghai.", "请填写时区名称，例如 Asia/Shanghai。")
        raise Unusable(advice) from None


def check_mentions(value: Json) -> dict[str, list[str]]:
    """Severity -> `all` or ids of people, without repetitions; raises Unusable."""
    if not isinstance(value, Mapping):
        raise Unusable(
            Text(
                "Give a list of people per severity, such as {critical: [all]}.",
                "请按等级列出要提醒的人，例如 {critical: [all]}。",
            )
        )
    for severity in value:
        if severity not in MENTIONED:
            raise Unusable(
                Text(
                    "Mentions are possible for critical, warning and info; a recovery never mentions anybody.",
                    "只能为 critical、warning、info 设置提醒；恢复消息不会提醒任何人。",
                )
            )
    return {severity: _people(value[severity]) for severity in MENTIONED if value.get(severity)}


def _people(value: Json) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(person, str) for person in value):
        raise Unusable(
            Text(
                'List people as texts, in quotes: [all] or [ou_…, "12345"].',
                '请用列表填写，数字要加引号：[all] 或 [ou_…, "12345"]。',
            )
        )
    people = list(dict.fromkeys(person.strip() for person in value))
    for person in people:
        if not re.fullmatch(r"(?!on_[0-9a-f]{32}$|oc_)[A-Za-z0-9_-]{1,64}", person):
            raise Unusable(
                Text(
                    "Use all, an open_id (ou_…) or a user_id: a custom bot cannot mention by e-mail, union_id or chat.",
                    "请填写 all、open_id（ou_…）或 user_id：自定义机器人不能用邮箱、union_id 或群 ID 提醒。",
                )
            )
    if len(people) > MENTIONS_LIMIT:
        raise Unusable(Text(f"Mention at most {MENTIONS_LIMIT} people.", f"最多提醒 {MENTIONS_LIMIT} 人。"))
    return people


def check_limits(value: Json) -> dict[str, float]:
    """Messages a second and a minute, 0 for no limit, Feishu's own where one is missing; raises Unusable."""
    if not isinstance(value, Mapping) or not set(value) <= set(LIMITS):
        raise Unusable(
            Text(
                "Give per_second and per_minute, such as {per_second: 5, per_minute: 100}.",
                "请填写 per_second 和 per_minute，例如 {per_second: 5, per_minute: 100}。",
            )
        )
    checked = {name: default if value.get(name) is None else value[name] for name, default in LIMITS.items()}
    for number in checked.values():
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
            raise Unusable(
                Text("Limits are numbers from 0 on; 0 means none.", "限速必须是不小于 0 的数字；0 表示不限。")
            )
    return checked


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise Unusable(Text("Give a text, in quotes.", "请填写文本（带引号）。"))
    return value
