"""The address of a custom bot: what an operator pastes, and what must not be taken for one."""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from integrations.contract import Json, Text
from integrations.feishu.checks import Unusable

HOSTS = frozenset({"open.feishu.cn", "open.larksuite.com"})

_URL_LIMIT = 500
_HOOK = re.compile(r"(?:/[\w.~-]+)*/open-apis/bot/v2/hook/([\w-]+)", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}

_EXPECTED = "https://open.feishu.cn/open-apis/bot/v2/hook/…"

NOT_AN_ADDRESS = Text(
    f"Paste the custom bot's webhook address, which looks like {_EXPECTED}",
    f"请粘贴自定义机器人的 webhook 地址，形如 {_EXPECTED}",
)
VERSION_1 = Text(
    "This is an address of version 1, which cannot show cards. Add a new custom bot to the group and paste its "
    "address, which contains /open-apis/bot/v2/hook/",
    "这是第 1 版机器人的地址，无法显示卡片。请在群里新建一个自定义机器人，并粘贴它的地址（包含 /open-apis/bot/v2/hook/）",
)
FLOW = Text(
    "This address starts a flow; it is not a group bot. In the group's settings add a custom bot and paste its "
    "address, which contains /open-apis/bot/v2/hook/",
    "这是流程触发器的地址，不是群机器人。请在群设置中添加自定义机器人，并粘贴它的地址（包含 /open-apis/bot/v2/hook/）",
)
NEEDS_HTTPS = Text(
    "This host is called over https only: write the address with https://",
    "该主机只能通过 https 访问：请把地址改成 https://",
)


def check_address(value: Json) -> str:
    """The address in its one spelling, so that equal bots share a budget; raises Unusable, without quoting it.

    Any host will do (Feishu is also deployed privately, and may sit under a path prefix), the path must be a version 2
    hook. Query and fragment are dropped: Feishu refuses calls that carry a query
    (ccfos/nightingale alert/sender/feishucard.go).
    """
    if not isinstance(value, str):
        raise Unusable(NOT_AN_ADDRESS)
    parts = _split(value.strip())
    path = parts.path.rstrip("/")
    if "/open-apis/bot/hook/" in path:
        raise Unusable(VERSION_1)
    if "/trigger-webhook/" in path or "/anycross/" in path:
        raise Unusable(FLOW)
    if not _HOOK.fullmatch(path):
        raise Unusable(NOT_AN_ADDRESS)
    if parts.scheme == "http" and parts.hostname in HOSTS:
        raise Unusable(NEEDS_HTTPS)
    return urlunsplit((parts.scheme, _netloc(parts), path, "", ""))


def _split(url: str) -> SplitResult:
    """The parts of an absolute http or https address in plain ASCII, with a host and without a user name."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise Unusable(NOT_AN_ADDRESS) from None
    if not usable or len(url) > _URL_LIMIT or not re.fullmatch(r"[\x21-\x7e]+", url):
        raise Unusable(NOT_AN_ADDRESS)
    if not re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", parts.netloc):
        raise Unusable(NOT_AN_ADDRESS)
    return parts


def _netloc(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{parts.port}"
