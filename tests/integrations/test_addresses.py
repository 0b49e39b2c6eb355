from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from integrations.addresses import is_public, may_be_opened

NOT_PUBLIC = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
    *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"),
    *("::/128", "::1/128", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"),
    *("100::/64", "100:0:0:1::/64", "2001::/32", "2001::/23", "2001:2::/48", "2001:10::/28", "2001:20::/28"),
    *("2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20", "5f00::/16"),
    *("4000::/3", "fc00::/7", "fd00:ec2::254/128", "fe80::/10", "fec0::/10", "ff00::/8"),
]


@pytest.mark.parametrize("network", NOT_PUBLIC)
def test_no_address_of_a_special_range_is_public(network: str) -> None:
    addresses = ip_network(network)
    middle = addresses[addresses.num_addresses // 2]
    assert [str(address) for address in (addresses[0], middle, addresses[-1]) if is_public(address)] == []


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
        *("168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0"),
        *("192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "203.107.1.1"),
        *("2400:3200::1", "2606:4700::1111", "2001:200::1", "2001:4860:4860::8888", "2003::1", "240e::1"),
    ],
)
def test_their_neighbours_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", ["fe80::1%eth0", "fd00::1%1"])
def test_an_address_with_a_zone_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["10.0.0.5", "127.0.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "1.1.1.1", "::1", "fd00::5"]
)
def test_an_operator_may_open_a_private_address(address: str) -> None:
    assert may_be_opened(ip_address(address))


METADATA = [
    *("0.0.0.0", "0.1.2.3", "100.100.100.200", "168.63.129.16", "169.254.169.254", "169.254.170.2", "192.0.0.192"),
    *("224.0.0.251", "240.0.0.1", "255.255.255.255"),
    *("::", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::a9fe:a9fe%eth0", "ff02::1"),
]


@pytest.mark.parametrize("address", METADATA)
def test_nobody_may_open_metadata_services_or_addresses_of_nobody_in_particular(address: str) -> None:
    assert not may_be_opened(ip_address(address))


def in_a_newer_dress(address: IPv4Address) -> list[IPv6Address]:
    bits = int(address)
    high, low = bits >> 16, bits & 0xFFFF
    return [
        IPv6Address(f"::ffff:{high:x}:{low:x}"),
        IPv6Address(f"::{high:x}:{low:x}"),
        IPv6Address(f"64:ff9b::{high:x}:{low:x}"),
        IPv6Address(f"2002:{high:x}:{low:x}::1"),
        IPv6Address(f"2001:0:4136:e378:8000:63bf:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}"),
    ]


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "168.63.129.16"])
def test_a_metadata_service_stays_closed_in_every_dress(address: str) -> None:
    assert [str(dress) for dress in in_a_newer_dress(IPv4Address(address)) if may_be_opened(dress)] == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "8.8.8.8"])
def test_a_tunnelled_or_translated_address_is_not_public_whatever_is_inside(address: str) -> None:
    assert not any(map(is_public, in_a_newer_dress(IPv4Address(address))))
