"""Which IP addresses are public: an own table, because the standard library's answer changes with Python's version."""

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

# Source: IANA's special-purpose address registries for IPv4 and IPv6, plus what clouds answer on.
_NOT_PUBLIC_4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by carriers (CGNAT), and Alibaba Cloud's metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's host agent, in the middle of public space
            "169.254.0.0/16",  # link-local, and most clouds' metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments, and Oracle Cloud's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_PUBLIC_6 = ip_network("2000::/3")
"""The only global unicast space; mapped, translated, site-local, unique local, link-local and multicast lie outside."""
_NOT_PUBLIC_6 = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks, AMT
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: any IPv4 address inside
            "2620:4f:8000::/48",  # AS112
            "3ffe::/16",  # the former 6bone
            "3fff::/20",  # documentation
        ),
    )
)
_NEVER = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # connects to this very host on Linux
            "100.100.100.200/32",
            "168.63.129.16/32",
            "169.254.0.0/16",
            "192.0.0.192/32",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/128",
            "fd00:ec2::254/128",  # AWS's metadata
            "fd20:ce::254/128",  # Google Cloud's metadata
            "fe80::/10",
            "ff00::/8",
        ),
    )
)
"""Metadata services hand out the machine's own credentials; the rest reaches nobody in particular."""
_LAST_32_BITS = tuple(map(ip_network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/96")))


def is_public(address: Address) -> bool:
    """True for an address that anybody on the internet reaches alike."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def may_be_opened(address: Address) -> bool:
    """True for an address that an operator's permission may open: private ones, but never a metadata service."""
    inner = _embedded(address)
    return not any(ip in network for ip in (address, inner) if ip for network in _NEVER)


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that a translator or tunnel would make of an IPv6 one; loopback's ::1 stays itself."""
    if isinstance(address, IPv4Address) or address.is_loopback:
        return None
    if any(address in network for network in _LAST_32_BITS):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo
