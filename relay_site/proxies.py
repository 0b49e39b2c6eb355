"""Reverse proxies: what they say about the caller is believed only when they are trusted."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

from django.core.exceptions import ImproperlyConfigured

Environ: TypeAlias = dict[str, Any]
Application: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

_CLAIMS = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_")
PASSED_ON = "relay.passed_on"
"""In the environ: True when somebody between the caller and us said so, believed or not."""


def behind_proxies(application: Application, trusted: Iterable[str]) -> Application:
    """The application, seeing the true caller in REMOTE_ADDR and no X-Forwarded-* of anybody else.

    `trusted` are addresses or networks; raises ImproperlyConfigured for anything else.
    """
    networks = _networks(trusted)

    def wrapped(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[PASSED_ON] = any(name.startswith(_CLAIMS) for name in environ)
        if _is_trusted(environ.get("REMOTE_ADDR", ""), networks):
            environ["REMOTE_ADDR"] = _caller(environ, networks)
        else:
            for name in [name for name in environ if name.startswith(_CLAIMS)]:
                del environ[name]
        return application(environ, start_response)

    return wrapped


def _networks(trusted: Iterable[str]) -> Networks:
    try:
        return tuple(ip_network(entry.strip(), strict=False) for entry in trusted if entry.strip())
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES: {error}. Write addresses or networks, like 10.0.0.0/8."
        ) from error


def _is_trusted(address: str, networks: Networks) -> bool:
    try:
        ip = ip_address(address.strip())
    except ValueError:
        return False
    return any(ip in network for network in networks)


def _caller(environ: Environ, networks: Networks) -> str:
    """The last address of the chain that is not a proxy of ours: what stands before it may be invented."""
    chain = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    strangers = [address for address in chain if not _is_trusted(address, networks)]
    return str(strangers[-1] if strangers else environ["REMOTE_ADDR"])
