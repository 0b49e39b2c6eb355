"""What Sentry's addresses tell: the page to send a person to, and the names that payloads keep only in URLs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.sentry.values import SLUG, line

_MAX_LENGTH = 2048

_WEB = re.compile(r"https?://[^\W_][^\s/?#@<>\"\\]*(?:[/?#][^\s<>\"\\]*)?", re.IGNORECASE)
_API_PROJECT = re.compile(r"/api/0/projects/([^/?#]+)/([^/?#]+)/")
_ORGANIZATION = re.compile(r"/organizations/([^/?#]+)(?:[/?#]|\Z)")
_SUBDOMAIN = re.compile(r"https?://([a-z0-9][a-z0-9_-]*)\.sentry\.io(?:[/:?#]|\Z)", re.IGNORECASE)
_OLD_PAGE = re.compile(r"https?://[^/]+/([^/?#]+)/([^/?#]+)/(?:issues|group)/\d+")
_ISSUE = re.compile(r"/(?:issues|group)/([0-9]{1,19})(?:[/?#]|\Z)")
_ORIGIN = re.compile(r"(https?://[^/?#]+)(?:[/?#]|\Z)", re.IGNORECASE)
_METRIC_RULE = re.compile(r"/alerts/rules/details/([0-9]{1,19})(?:[/?#]|\Z)")
_INCIDENT = re.compile(r"(?:/alerts/|[?&]alert=)([0-9]{1,19})(?:[/?#&]|\Z)")

_REGIONS = ("us", "de")
_NOT_ORGANIZATIONS = ("www", "app", *_REGIONS)


@dataclass(frozen=True, slots=True)
class Place:
    """What a set of addresses agrees on; None where none of them says."""

    organization: str | None = None
    project: str | None = None
    issue_id: str | None = None


def page(*candidates: object) -> str | None:
    """The first address a person may be sent to: absolute, http or https, with a host, without a user part,
    without blanks, control characters or quotes. API addresses need a token and are skipped.
    """
    for candidate in candidates:
        if isinstance(candidate, str) and _is_web(candidate) and "/api/0/" not in candidate:
            return candidate
    return None


def place(*candidates: object) -> Place:
    """Organisation, project and issue id as far as the addresses tell; the first that tells wins."""
    urls = [found for found in candidates if isinstance(found, str) and len(found) <= _MAX_LENGTH]
    organization, project = _project(urls)
    return Place(organization or _organization(urls), project, _first(_ISSUE, urls))


def issue_page(*candidates: object, organization: str | None, issue_id: str | None) -> str | None:
    """The issue's page, built on the host of the first usable address; None where a part is missing.

    The regional hosts of sentry.io serve the API alone.
    """
    origin = next((_ORIGIN.match(found) for found in candidates if isinstance(found, str) and _is_web(found)), None)
    if origin is None or organization is None or issue_id is None:
        return None
    host = origin[1]
    for region in _REGIONS:
        host = host.replace(f"://{region}.sentry.io", "://sentry.io")
    return page(f"{host}/organizations/{organization}/issues/{issue_id}/")


def metric_rule_id(url: object) -> str | None:
    """The metric alert rule that an alert's page names."""
    return _first(_METRIC_RULE, [url]) if isinstance(url, str) else None


def incident(url: object) -> str | None:
    """The incident's number within its organisation that an alert's page names."""
    return _first(_INCIDENT, [url]) if isinstance(url, str) else None


def _is_web(candidate: str) -> bool:
    return len(candidate) <= _MAX_LENGTH and candidate.isprintable() and _WEB.fullmatch(candidate) is not None


def _project(urls: Iterable[str]) -> tuple[str | None, str | None]:
    for url in urls:
        found = _API_PROJECT.search(url) or _OLD_PAGE.match(url)
        if found and found[1] not in ("organizations", "api"):
            return _name(found[1]), _name(found[2])
    return None, None


def _organization(urls: Iterable[str]) -> str | None:
    for url in urls:
        found = _ORGANIZATION.search(url)
        if found:
            return _name(found[1])
        found = _SUBDOMAIN.match(url)
        if found and found[1].lower() not in _NOT_ORGANIZATIONS:
            return _name(found[1])
    return None


def _first(pattern: re.Pattern[str], urls: Iterable[str]) -> str | None:
    return next((found[1] for found in map(pattern.search, urls) if found), None)


def _name(slug: str) -> str | None:
    return line(slug, SLUG) or None
