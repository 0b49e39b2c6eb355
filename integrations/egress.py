"""Where the relay may connect to: pure judgement of URLs and addresses, without a socket.

A target's URL comes from a form, an API call or a file, so each is an attempt to reach what only the relay can
reach. Two fences: the URL must name a vendor's own host or one the operator allowed, and the address that the
name leads to must be public unless the operator allowed the host.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from integrations.addresses import may_be_opened
from integrations.contract import Text

_PORTS = {"https": 443, "http": 80}
_AUTHORITY = r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?"
_UNSAFE = re.escape("\\") + r"\x00-\x20\x7f-\x9f\ud800-\udfff"
_KEPT = "!$%&'()*+,/:;=?@[]~"


class Endpoint(NamedTuple):
    """A URL taken apart: what to dial, and what to ask for there."""

    scheme: str
    host: str
    """A lower-case name, or an IP address in its usual form without brackets."""
    port: int
    target: str
    """Path and query as they go into the request line; holds the secrets of most targets."""


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """What the operator allows beyond the vendors' own hosts."""

    allowed: frozenset[str] = frozenset()
    """`host` or `host:port`; IPv6 addresses in brackets."""
    proxy: str | None = field(default=None, repr=False)
    """The HTTP proxy for the vendors' hosts; allowed hosts are dialled directly."""

    @classmethod
    def parse(cls, hosts: Iterable[str], proxy: str | None = None) -> "EgressPolicy":
        """Read the two settings; raises ValueError that names the setting, the entry and the form it should have."""
        entries = (entry.strip().lower() for entry in hosts)
        return cls(frozenset(_allowed_entry(entry) for entry in entries if entry), _checked_proxy(proxy))

    def allows(self, host: str, port: int) -> bool:
        """True when the operator opened this host, on this port or on all."""
        name = _bracketed(host)
        return name in self.allowed or f"{name}:{port}" in self.allowed


def refusal(url: str, vendor_hosts: frozenset[str], policy: EgressPolicy) -> Text | None:
    """Why nothing may be sent to `url` and what to do about it, or None; the text never repeats path or query."""
    endpoint = endpoint_of(url)
    if isinstance(endpoint, Text):
        return endpoint
    if policy.allows(endpoint.host, endpoint.port):
        return None
    if endpoint.host not in vendor_hosts:
        return _not_allowed(endpoint)
    return None if (endpoint.scheme, endpoint.port) == ("https", 443) else _NOT_HTTPS


def endpoint_of(url: str) -> Endpoint | Text:
    """Take a URL apart, or say what is wrong with it: only plain http(s) URLs that every reader reads alike pass."""
    if re.search(f"[{_UNSAFE}]", url):
        return _UNSAFE_CHARACTERS
    try:
        scheme, netloc, path, query, _ = urlsplit(url)
    except ValueError:
        return _UNREADABLE
    if scheme not in _PORTS:
        return _ODD_SCHEME
    place = _host_and_port(netloc.lower())
    if isinstance(place, Text):
        return place
    host, port = place
    target = quote(path or "/", safe=_KEPT) + (f"?{quote(query, safe=_KEPT)}" if query else "")
    return Endpoint(scheme, host, port or _PORTS[scheme], target)


def _host_and_port(authority: str) -> tuple[str, int | None] | Text:
    if "@" in authority:
        return _USERINFO
    match = re.fullmatch(_AUTHORITY, authority)
    if match is None:
        return _UNREADABLE
    host = match["six"] or match["name"]
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65536:
        return _UNREADABLE
    is_number = host.rpartition(".")[2].isdigit() or host.rpartition(".")[2].startswith("0x")
    if match["six"] or is_number:
        return (host, port) if _is_usual_spelling(host) else _STRANGE_ADDRESS
    return (host, port) if all(_is_label(label) for label in host.split(".")) else _UNREADABLE


def _is_usual_spelling(address: str) -> bool:
    """Only one spelling of each address passes: the others are ways around lists."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return str(ip) == address and not (isinstance(ip, IPv6Address) and ip.ipv4_mapped)


def _is_label(label: str) -> bool:
    return 0 < len(label) < 64 and not label.startswith("-") and not label.endswith("-")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _allowed_entry(entry: str) -> str:
    place = _host_and_port(entry)
    if isinstance(place, Text):
        raise ValueError(
            f"EGRESS_ALLOWED_HOSTS: {entry!r} is not a host. Write host, host:port, 10.0.0.5:8080 or [fd00::5]:8080,"
            " separated by commas; no scheme, no path, no wildcard, no network."
        )
    host, port = place
    if (address := literal(host)) and not may_be_opened(address):
        raise ValueError(f"EGRESS_ALLOWED_HOSTS: {entry!r} can never be opened: no target lives at such an address.")
    return _bracketed(host) if port is None else f"{_bracketed(host)}:{port}"


def _checked_proxy(proxy: str | None) -> str | None:
    if not proxy or not proxy.strip():
        return None
    scheme, _, rest = proxy.strip().partition("://")
    authority = rest.rstrip("/").rpartition("@")[2].lower()
    if scheme.lower() != "http" or isinstance(_host_and_port(authority), Text):
        raise ValueError("EGRESS_PROXY: write http://host:port or http://user:password@host:port.")
    return f"http://{rest.rstrip('/')}"


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address when a host is one rather than a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _not_allowed(endpoint: Endpoint) -> Text:
    entry = f"{_bracketed(endpoint.host)}:{endpoint.port}"
    return Text(
        f"{endpoint.host} is not a host of this vendor. If it is your own, add {entry} to EGRESS_ALLOWED_HOSTS and restart.",
        f"{endpoint.host} 不是该厂商的域名。如果是自建服务，请把 {entry} 加入环境变量 EGRESS_ALLOWED_HOSTS 并重启。",
    )


_UNSAFE_CHARACTERS = Text(
    "The URL holds a space, a backslash or a control character. Copy it again, without anything around it.",
    "地址中含有空格、反斜杠或控制字符，请重新完整复制地址。",
)
_UNREADABLE = Text(
    "This is not a URL with a readable host. It should look like https://host/path; write foreign names in their xn-- form.",
    "无法识别地址中的主机名。地址应形如 https://host/path；非英文域名请使用 xn-- 形式。",
)
_ODD_SCHEME = Text("The URL must begin with https://.", "地址必须以 https:// 开头。")
_USERINFO = Text(
    "The URL holds a user name or password before an @. Remove that part.",
    "地址的 @ 之前含有用户名或密码，请去掉这一部分。",
)
_STRANGE_ADDRESS = Text(
    "The IP address is written in an unusual way. Write it as 10.0.0.5 or [fd00::5], and add it to EGRESS_ALLOWED_HOSTS.",
    "IP 地址的写法不规范，请写成 10.0.0.5 或 [fd00::5] 的形式，并加入环境变量 EGRESS_ALLOWED_HOSTS。",
)
_NOT_HTTPS = Text(
    "The vendor's own hosts are reached by https on port 443 only. For anything else, add host:port to EGRESS_ALLOWED_HOSTS.",
    "厂商域名只能通过 https 的 443 端口访问。如需例外，请把 host:port 加入环境变量 EGRESS_ALLOWED_HOSTS。",
)
