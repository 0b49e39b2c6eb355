"""The 推送地址 that an operator copies from the Flashduty console: what makes one usable, and what it says."""

from typing import Literal, TypeAlias
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, urlsplit, urlunsplit

from integrations.contract import Json, Text

Mode: TypeAlias = Literal["standard", "sentry"]

STANDARD_PATH = "/event/push/alert/standard"
KEY_PARAMETER = "integration_key"
OVERRIDE_PREFIX = "layer_"
"""Parameters and labels so named replace who is paged (flashduty-docs on-call/advanced/dynamic-notifications)."""

_MISSING = Text(
    "Paste the push address shown on the integration's card in Flashduty.",
    "请粘贴 Flashduty 集成卡片上显示的推送地址。",
)
_NOT_AN_ADDRESS = Text(
    "This is not a web address. Copy the push address from Flashduty again; it starts with https://.",
    "这不是有效的网址。请从 Flashduty 重新复制推送地址，它以 https:// 开头。",
)
_LOGIN_IN_ADDRESS = Text(
    "The address holds a user name or password before the host. Remove them; the integration key is enough.",
    "地址的主机名前带有用户名或密码，请删除；只需要 integration_key。",
)
_NO_PATH = Text(
    "This is only the host. Paste the whole push address, with its path and integration_key.",
    "这里只有主机名。请粘贴完整的推送地址，包含路径和 integration_key。",
)
_KEY_COUNT = Text(
    "The address must hold integration_key exactly once. Copy the whole push address from Flashduty.",
    "地址中必须有且只有一个 integration_key。请从 Flashduty 复制完整的推送地址。",
)
_OVERRIDE = Text(
    "Remove the parameters that start with layer_: they replace who is paged in Flashduty.",
    "请删除以 layer_ 开头的参数：它们会替换 Flashduty 中的通知对象。",
)


def read_push_address(value: Json) -> str | Text:
    """The address, normalised and with its other parameters kept, or what the operator should do about it."""
    if not isinstance(value, str) or not value.strip():
        return _MISSING
    address = value.strip()
    if any(character.isspace() or not character.isprintable() for character in address):
        return _NOT_AN_ADDRESS
    try:
        parts = urlsplit(address)
        well_formed = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return _NOT_AN_ADDRESS
    if not well_formed:
        return _NOT_AN_ADDRESS
    return _fault_of(parts) or _normalised(parts)


def mode_of_address(address: str) -> Mode:
    """`standard` for the standard alert push; any other address is that of Flashduty's own Sentry integration."""
    return "standard" if urlsplit(address).path.endswith(STANDARD_PATH) else "sentry"


def secrets_of_address(address: str) -> tuple[str, ...]:
    """The integration key as it may turn up in an answer or an error: plain and URL-escaped."""
    keys = [value for name, value in parse_qsl(urlsplit(address).query) if name == KEY_PARAMETER]
    return tuple(dict.fromkeys(form for key in keys for form in (key, quote(key, safe=""), quote_plus(key))))


def _fault_of(parts: SplitResult) -> Text | None:
    if parts.username is not None or parts.password is not None:
        return _LOGIN_IN_ADDRESS
    if not parts.path.strip("/"):
        return _NO_PATH
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    keys = [value for name, value in parameters if name == KEY_PARAMETER]
    if len(keys) != 1 or not keys[0].strip():
        return _KEY_COUNT
    if any(name.strip().casefold().startswith(OVERRIDE_PREFIX) for name, _ in parameters):
        return _OVERRIDE
    return None


def _normalised(parts: SplitResult) -> str:
    path = parts.path
    if path.rstrip("/").endswith(STANDARD_PATH):
        path = path.rstrip("/")
    return urlunsplit(parts._replace(netloc=parts.netloc.lower(), path=path, fragment=""))
