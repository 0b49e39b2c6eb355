"""A door for tests: opened to loopback, with requests that carry secrets worth looking for."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from time import monotonic
from types import MappingProxyType
from typing import Any

import pytest

from integrations.contract import OutboundRequest, Outcome, OutcomeKind, Reason, Response
from integrations.egress import EgressPolicy
from integrations.http import Door, default_trust

SECRETS = ("token-in-path", "secret-in-query", "secret-in-body", "secret-in-header")
NO_VENDOR: frozenset[str] = frozenset()
GRACE = 1.0
"""Seconds that a busy machine may add to a deadline."""


def request_to(
    url: str, body: bytes = b"secret-in-body", headers: Mapping[str, str] = MappingProxyType({})
) -> OutboundRequest:
    return OutboundRequest(url, body, {"Content-Type": "application/json", "X-Key": "secret-in-header", **headers})


trust = cache(default_trust)


@contextmanager
def opened_door(*hosts: str, policy: EgressPolicy | None = None, **options: Any) -> Iterator[Door]:
    """A door that is opened to loopback unless other hosts or a policy are given."""
    policy = policy or EgressPolicy.parse(hosts or ("127.0.0.1", "[::1]", "bot.test"))
    door = Door(policy, **{"trust": trust(), **options})
    try:
        yield door
    finally:
        door.close()


def sent_through(door: Door, url: str, deadline: float = 5.0) -> Response | Outcome:
    """Send, and insist on the deadline."""
    started = monotonic()
    answer = door.send(request_to(url), vendor_hosts=NO_VENDOR, deadline=deadline)
    assert monotonic() - started < deadline + GRACE
    return answer


def retry(reason: Reason) -> Outcome:
    return Outcome(kind=OutcomeKind.RETRY, reason=reason)


def rejected(reason: Reason) -> Outcome:
    return Outcome(kind=OutcomeKind.REJECTED, reason=reason)


def resolving(answers: dict[str, list[str]]) -> Callable[[str, int], list[str]]:
    """A resolver that knows these names and no other."""

    def resolve(host: str, port: int) -> list[str]:
        if host not in answers:
            raise OSError("no such name")
        return answers[host]

    return resolve


@pytest.fixture(autouse=True)
def nothing_logged_holds_a_secret(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a library says at its most talkative."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert not [secret for secret in SECRETS if secret in caplog.text]
