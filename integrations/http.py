"""The one door out: the only module that opens a socket to somebody else's server.

`requests` lends its adapter and pools; its sessions are left out, since their cookies, hooks, redirects and
environment cost more than the exchange and are all unwanted here.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from http.client import HTTPException  # noqa: TID251 - this is the door
from ipaddress import ip_address
from itertools import zip_longest
from time import monotonic
from typing import NamedTuple, TypeAlias

from requests.utils import DEFAULT_CA_BUNDLE_PATH  # noqa: TID251 - this is the door
from requests_hardened.ip_filter import InvalidIPAddress, get_ip_address  # noqa: TID251 - this is the door
from urllib3 import HTTPConnectionPool, Retry  # noqa: TID251 - this is the door
from urllib3.exceptions import HTTPError  # noqa: TID251 - this is the door

from integrations.addresses import Address, is_public, may_be_opened
from integrations.contract import OutboundRequest, Outcome, OutcomeKind, Reason, Response, Text
from integrations.egress import EgressPolicy, endpoint_of, literal, refusal
from integrations.lookup import LookupFailed, Lookups, Resolver
from integrations.watchdog import Attempt, Watchdog
from integrations.wire import Adapter, Exchange, current, read, reason_of

DEADLINE = 10.0
"""Seconds for one whole attempt: look-up, connect, handshake, head and body."""
KEEP_ALIVE = 25.0
"""Seconds after which an idle connection is not used again: balancers and translators forget them, often in silence."""
_LOOKUP_LIMIT = _CONNECT_LIMIT = 5.0
_OURS = {"User-Agent": "alert-relay", "Accept-Encoding": "identity"}
_NOT_THEIRS = frozenset({*map(str.lower, _OURS), "host", "connection", "content-length", "transfer-encoding", "expect"})
_NO_RETRY = Retry(False)

Connector: TypeAlias = Callable[[socket.socket, tuple[str, int]], None]


class _Route(NamedTuple):
    pool: HTTPConnectionPool
    target: str
    is_opened: bool
    """True when the operator vouches for the host that is dialled, so that it may be private."""


class _NoConnectionError(Exception):
    """Nobody was reached; carries the outcome instead of a text, which could name a secret."""

    def __init__(self, reason: Reason, kind: OutcomeKind = OutcomeKind.RETRY) -> None:
        super().__init__()
        self.outcome = Outcome(kind=kind, reason=reason)


def look_up(host: str, port: int) -> Sequence[str]:
    """The system's answer for a name; raises OSError when there is none."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def default_trust() -> ssl.SSLContext:
    """Trust the system's certificate authorities (with an operator's own) and those that come with `requests`."""
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


class Door:
    """Sends requests for all threads of one process and keeps connections alive between them.

    Create it after a fork. `resolver`, `connect` and `trust` are how it looks up, connects and verifies; a connection
    that was idle for `keep_alive` seconds is replaced, and so is one that the other side has closed.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        slots: int = 64,
        resolver: Resolver = look_up,
        connect: Connector = socket.socket.connect,
        trust: ssl.SSLContext | None = None,
        keep_alive: float = KEEP_ALIVE,
    ) -> None:
        self._policy = policy
        self._connect = connect
        self._keep_alive = keep_alive
        self._lookups = Lookups(resolver)
        self._watchdog = Watchdog()
        self._adapter = Adapter(slots=slots, trust=trust or default_trust())
        self._route = lru_cache(maxsize=4096)(self._find_route)

    def send(
        self, request: OutboundRequest, *, vendor_hosts: frozenset[str], deadline: float = DEADLINE
    ) -> Response | Outcome:
        """The answer, whatever it says (a redirect is one), or the outcome of having none; never longer than `deadline` s.

        The body of the answer is cut at 64 KiB. RETRY where a later try may succeed; REJECTED with
        `address_forbidden` before anything is sent, and with `render_failed` for headers that HTTP cannot carry.
        """
        route = self._route(request.url, vendor_hosts)
        if route is None:
            return Outcome(kind=OutcomeKind.REJECTED, reason=Reason.ADDRESS_FORBIDDEN)
        with self._watchdog.watch(deadline) as attempt:
            try:
                answer = self._exchange(route, request, attempt)
            except _NoConnectionError as error:
                return error.outcome
        # A cut connection looks like an end or an error of any kind, so only the watchdog's word counts.
        return Outcome(kind=OutcomeKind.RETRY, reason=Reason.TIMEOUT) if attempt.is_overdue else answer

    def close(self) -> None:
        """Close idle connections and end the watchdog."""
        self._route.cache_clear()
        self._adapter.close()
        self._watchdog.close()

    def _find_route(self, url: str, vendor_hosts: frozenset[str]) -> _Route | None:
        endpoint = endpoint_of(url)
        if isinstance(endpoint, Text) or refusal(url, vendor_hosts, self._policy) is not None:
            return None
        is_opened = self._policy.allows(endpoint.host, endpoint.port)
        proxy = None if is_opened else self._policy.proxy
        manager = self._adapter.proxy_manager_for(proxy) if proxy else self._adapter.poolmanager
        pool = manager.connection_from_host(endpoint.host, endpoint.port, endpoint.scheme)
        return _Route(pool, endpoint.target, is_opened or proxy is not None)

    def _exchange(self, route: _Route, request: OutboundRequest, attempt: Attempt) -> Response | Outcome:
        dial = partial(self._dial, attempt=attempt, is_opened=route.is_opened)
        exchange = current.exchange = Exchange(attempt, route.target, dial, self._keep_alive)
        theirs = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_THEIRS}
        try:
            answer = route.pool.urlopen(
                request.method,
                "/",
                body=request.body,
                headers=_OURS | theirs,
                retries=_NO_RETRY,
                redirect=False,
                assert_same_host=False,
                timeout=attempt.left,
                preload_content=False,
                decode_content=False,
            )
            return read(answer)
        except (HTTPError, HTTPException, OSError) as error:
            return Outcome(kind=OutcomeKind.RETRY, reason=reason_of(error, exchange.is_connected))
        except ValueError:
            return Outcome(kind=OutcomeKind.REJECTED, reason=Reason.RENDER_FAILED)

    def _dial(self, host: str, port: int, *, attempt: Attempt, is_opened: bool) -> socket.socket:
        """Connect to the first address that takes us; the addresses checked are the addresses dialled."""
        addresses = self._addresses(host, port, attempt)
        may_dial = may_be_opened if is_opened else partial(_is_public_to_all, port=port)
        if not all(map(may_dial, addresses)):
            raise _NoConnectionError(Reason.ADDRESS_FORBIDDEN, OutcomeKind.REJECTED)
        ends = monotonic() + min(_CONNECT_LIMIT, attempt.left)
        for position, address in enumerate(_in_turn(addresses), start=1):
            # Half of what is left for each but the last: one family that leads nowhere must not use up all.
            share = (ends - monotonic()) / (1 if position == len(addresses) else 2)
            try:
                return self._connected(address, port, max(share, 0.001), attempt)
            except OSError:
                continue
        raise _NoConnectionError(Reason.CONNECT_FAILED)

    def _addresses(self, host: str, port: int, attempt: Attempt) -> list[Address]:
        if address := literal(host):
            return [address]
        try:
            found = self._lookups.find(host, port, within=min(_LOOKUP_LIMIT, attempt.left))
        except LookupFailed:
            found = ()
        if not found:
            raise _NoConnectionError(Reason.DNS_FAILED)
        return [ip_address(text) for text in dict.fromkeys(found)]

    def _connected(self, address: Address, port: int, seconds: float, attempt: Attempt) -> socket.socket:
        sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.settimeout(seconds)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            attempt.hold(sock)
            self._connect(sock, (str(address), port))
            sock.settimeout(attempt.left)
        except BaseException:
            sock.close()
            raise
        return sock


def _is_public_to_all(address: Address, *, port: int) -> bool:
    """Two judges: the library's, which others keep up to date, and our table, which is the same on every Python."""
    try:
        get_ip_address(str(address), port, allow_loopback=False)
    except InvalidIPAddress:
        return False
    except OSError:  # it cannot say, as on a machine without IPv6
        pass
    return is_public(address)


def _in_turn(addresses: Sequence[Address]) -> list[Address]:
    """The two families by turns, beginning with the one that the resolver prefers."""
    first = [address for address in addresses if address.version == addresses[0].version]
    second = [address for address in addresses if address.version != addresses[0].version]
    return [address for pair in zip_longest(first, second) for address in pair if address]
