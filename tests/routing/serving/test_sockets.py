"""The listening socket."""

import socket

import pytest

from routing.management.serving.sockets import CannotListenError, listen, netloc, url


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListenError, match=rf"127\.0\.0\.1:{port} is already in use.*--port"):
            listen("127.0.0.1", port)


def test_an_address_of_somebody_else_is_refused_with_the_reason() -> None:
    with pytest.raises(CannotListenError, match=r"Cannot listen on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)


def test_whoever_listens_everywhere_is_reached_on_loopback() -> None:
    with listen("0.0.0.0", 0) as everywhere:
        assert netloc(everywhere) == f"127.0.0.1:{everywhere.getsockname()[1]}"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_stands_in_brackets() -> None:
    with listen("::1", 0) as listening:
        assert url(listening) == f"http://[::1]:{listening.getsockname()[1]}"
