"""The settings of a Flashduty target, as data and as checks."""

import math
from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from integrations.contract import ConfigError, Field, Json, Limits, Settings, Text
from integrations.flashduty.push_address import Mode, mode_of_address, read_push_address

HOSTS: Final = frozenset({"api.flashcat.cloud"})
"""flashduty-docs on-call/integration/alert-integration/alert-sources/standard alert."""

DEFAULT_LIMITS: Final = Limits(per_second=100, per_minute=1000)
"""Per integration key: flashduty-docs on-call/channel/integrate-data."""

_LIMITS_AS_SETTING: Final = {"per_second": DEFAULT_LIMITS.per_second, "per_minute": DEFAULT_LIMITS.per_minute}
_DEFAULT_LANGUAGE: Final = "zh-hans"
_DEFAULT_ZONE: Final = "Asia/Shanghai"
_MODES: Final = (
    ("standard", Text("Standard alert event: our severities", "标准告警事件：使用本系统的告警等级")),
    (
        "sentry",
        Text("Flashduty's Sentry integration: its own table decides", "Flashduty 的 Sentry 集成：由其固定映射决定"),
    ),
)
_LANGUAGES: Final = (("zh-hans", Text("Chinese", "中文")), ("en", Text("English", "英文")))

FIELDS: Final = (
    Field(
        name="push_url",
        type="url",
        label=Text("Push address", "推送地址"),
        help=Text(
            "Copy it from the integration's card in Flashduty. An address that ends in /event/push/alert/standard takes "
            "the severities set here. The address of Flashduty's own Sentry integration gets Sentry's calls unchanged, "
            "and every issue alert becomes Warning there; for own severities, add a 标准告警事件 integration instead.",
            "从 Flashduty 集成卡片上复制。以 /event/push/alert/standard 结尾的地址使用本系统设置的告警等级；"
            "Flashduty 自带 Sentry 集成的地址会收到 Sentry 的原始请求，所有问题告警在那里都是 Warning。"
            "需要自定义等级时，请改用“标准告警事件”集成。",
        ),
        required=True,
        credential=True,
    ),
    Field(
        name="mode",
        type="choice",
        label=Text("Mode", "模式"),
        help=Text("Told by the push address; leave it empty.", "由推送地址决定，可留空。"),
        choices=_MODES,
    ),
    Field(
        name="language",
        type="choice",
        label=Text("Language", "语言"),
        help=Text("Of our own words in the description.", "告警描述中固定文字的语言。"),
        default=_DEFAULT_LANGUAGE,
        choices=_LANGUAGES,
    ),
    Field(
        name="timezone",
        type="zone",
        label=Text("Time zone", "时区"),
        help=Text("Of the label sentry_time.", "用于标签 sentry_time。"),
        default=_DEFAULT_ZONE,
    ),
    Field(
        name="limits",
        type="limits",
        label=Text("Limits", "频率限制"),
        help=Text(
            "At most this many a second and a minute; 0 is no limit. Flashduty refuses more than 100 and 1,000.",
            "每秒与每分钟最多推送的条数，0 表示不限。超过每秒 100、每分钟 1000 会被 Flashduty 拒绝。",
        ),
        default=_LIMITS_AS_SETTING,
    ),
)


def check(settings: Settings) -> Settings:
    """The settings normalised and completed with defaults; raises ConfigError naming every unusable one.

    `mode` appears only where it was stated, so that a new push address is never held against an old guess.
    """
    errors = {str(name): _unknown(str(name)) for name in settings if name not in _READERS}
    checked: dict[str, Json] = {}
    for name, read in _READERS.items():
        answer = read(settings.get(name))
        if isinstance(answer, Text):
            errors[name] = answer
        elif answer is not None:
            checked[name] = answer
    if "mode" in checked and "push_url" in checked and checked["mode"] != mode_of(checked):
        errors["mode"] = _contradiction(mode_of(checked))
    if errors:
        raise ConfigError(errors)
    return checked


def address(settings: Settings) -> str:
    """The push address: targets with the same one share one budget."""
    return str(settings["push_url"])


def mode_of(settings: Settings) -> Mode:
    """How this target is spoken to, told by its push address alone."""
    return mode_of_address(address(settings))


def own_severity(settings: Settings) -> bool:
    """True in mode `standard`; in mode `sentry` Flashduty's fixed table decides."""
    return mode_of(settings) == "standard"


def unsigned(settings: Settings) -> Settings:
    """The same settings with an address that reaches nobody; its mode stays, and is `standard` where none is known."""
    known = read_push_address(settings.get("push_url"))
    mode = mode_of_address(known) if isinstance(known, str) else "standard"
    return {**settings, "push_url": f"https://api.flashcat.cloud/event/push/alert/{mode}?integration_key=preview"}


def language_of(settings: Settings) -> str:
    """The language tag of our own words."""
    return str(settings.get("language") or _DEFAULT_LANGUAGE)


def zone_of(settings: Settings) -> ZoneInfo:
    """The zone in which times are written."""
    return ZoneInfo(str(settings.get("timezone") or _DEFAULT_ZONE))


def _read_mode(value: Json) -> Json:
    if value in (None, ""):
        return None
    return _chosen(value, _MODES)


def _read_language(value: Json) -> Json:
    return _DEFAULT_LANGUAGE if value in (None, "") else _chosen(value, _LANGUAGES)


def _chosen(value: Json, choices: tuple[tuple[str, Text], ...]) -> str | Text:
    names = [name for name, _ in choices]
    if isinstance(value, str) and value.strip().lower() in names:
        return value.strip().lower()
    return Text(f"Choose one of: {', '.join(names)}.", f"请选择其一：{'、'.join(names)}。")


def _read_zone(value: Json) -> Json:
    if value in (None, ""):
        return _DEFAULT_ZONE
    try:
        return ZoneInfo(value.strip()).key
    except (AttributeError, KeyError, ValueError, OSError):  # what zoneinfo raises for all that is no zone
        return Text("Write a time zone such as Asia/Shanghai.", "请填写时区名称，例如 Asia/Shanghai。")


def _read_limits(value: Json) -> Json:
    if value in (None, ""):
        return dict(_LIMITS_AS_SETTING)
    if not isinstance(value, Mapping) or not value.keys() <= _LIMITS_AS_SETTING.keys():
        return Text("Give per_second and per_minute, nothing else.", "只能填写 per_second 和 per_minute。")
    if not all(_is_amount(amount) for amount in value.values()):
        return Text("Limits are numbers from 0 up; 0 is no limit.", "频率限制须为大于等于 0 的数字，0 表示不限。")
    return {**_LIMITS_AS_SETTING, **value}


def _is_amount(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


_READERS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "push_url": read_push_address,
    "mode": _read_mode,
    "language": _read_language,
    "timezone": _read_zone,
    "limits": _read_limits,
}
"""Each answers with the normalised value, None where there is nothing to keep, or a Text that says what to do."""


def _unknown(name: str) -> Text:
    known = ", ".join(_READERS)
    return Text(f"There is no setting {name}; known are {known}.", f"没有 {name} 这个设置项；可用的有 {known}。")


def _contradiction(told: Mode) -> Text:
    return Text(
        f"The push address is one of mode {told}. Leave the mode empty, or paste the address of the other integration.",
        f"该推送地址对应的模式是 {told}。请将模式留空，或粘贴另一个集成的推送地址。",
    )
