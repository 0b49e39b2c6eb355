"""Who the caller is, behind proxies."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from relay_site.proxies import PASSED_ON, behind_proxies

TRUSTED = ["10.0.0.0/8", "fd00::1"]


def seen(environ: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def application(environ, _start_response):
        found.update(environ)
        return []

    behind_proxies(application, TRUSTED)(dict(environ), lambda *_: None)
    return found


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "caller"),
    [
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
    ],
)
def test_the_caller_is_the_last_one_that_is_no_proxy_of_ours(peer: str, forwarded_for: str, caller: str) -> None:
    assert seen({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded_for})["REMOTE_ADDR"] == caller


def test_a_stranger_cannot_claim_to_be_a_proxy() -> None:
    claims = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "evil", "HTTP_FORWARDED": "for=1.1.1.1"}
    found = seen({"REMOTE_ADDR": "192.0.2.1", **claims})
    assert found == {"REMOTE_ADDR": "192.0.2.1", PASSED_ON: True}, "only that somebody claimed something is kept"


def test_a_direct_call_is_known_as_one() -> None:
    assert seen({"REMOTE_ADDR": "127.0.0.1"})[PASSED_ON] is False


def test_a_trusted_proxy_says_by_which_scheme_it_was_called() -> None:
    assert seen({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"})["HTTP_X_FORWARDED_PROTO"] == "https"


def test_an_unreadable_proxy_stops_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        behind_proxies(lambda *_: [], ["my-proxy"])
