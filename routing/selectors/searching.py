"""One search box: an issue id, short id, title, request id, alert key, or a URL pasted from Sentry or a chat."""

import re
from typing import TypeVar
from urllib.parse import urlsplit

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)

SENTRY_ISSUE = re.compile(r"/issues/(\d+)")
SENTRY_EVENT = re.compile(r"/events/([0-9a-f]{32})")
OUR_INBOUND = re.compile(r"/routing/inbound/(\d+)/")
SHORT_ID = re.compile(r"[A-Za-z][\w-]*-[0-9A-Z]+")
DIGEST = re.compile(r"[0-9a-f]{16,64}")


def condition(text: str, *, prefix: str = "") -> Q:
    """The condition that finds received webhooks by what somebody pasted; `prefix` leads to them from another table."""
    text = text.strip()
    fields: dict[str, str] = {}
    if urlsplit(text).scheme in {"http", "https"}:
        for name, pattern in (("id", OUR_INBOUND), ("event_id", SENTRY_EVENT), ("issue_id", SENTRY_ISSUE)):
            if found := pattern.search(text):
                fields = {name: found.group(1)}
                break
    elif text.lstrip("#").isdecimal():
        number = text.lstrip("#")
        return Q(**{f"{prefix}issue_id": number}) | (Q(**{f"{prefix}id": int(number)}) if len(number) < 19 else Q())
    elif DIGEST.fullmatch(text):
        names = ("alert_key", "event_id", "request_id")
        return Q(*[(f"{prefix}{name}", text) for name in names], _connector=Q.OR)
    if fields:
        return Q(**{f"{prefix}{name}": value for name, value in fields.items()})
    found_by_title = Q(**{f"{prefix}title__icontains": text})
    return found_by_title | Q(**{f"{prefix}short_id": text}) if SHORT_ID.fullmatch(text) else found_by_title


def search(queryset: "QuerySet[Row]", text: str, *, prefix: str = "") -> "QuerySet[Row]":
    """The rows that `text` names; all of them for an empty text."""
    return queryset.filter(condition(text, prefix=prefix)) if text.strip() else queryset
