"""One search box: an issue id, short id, title, request id, alert key, or a URL pasted from Sentry or a chat.

Everything but titles is found by an index, however old. Titles are looked for among the newest webhooks, unless the
whole log is asked for: reading a million titles takes a second or more.
"""

import re
from typing import TypeVar
from urllib.parse import urlsplit

from django.db.models import Max, Model, Q, QuerySet

from routing.models import Inbound

Row = TypeVar("Row", bound=Model)

NEWEST = 100_000
"""Webhooks among which a title is looked for."""
MOST = 20_000
"""Webhooks that are looked through for the newest ones."""
LISTED = 1_000
"""Webhooks that a search finds at most."""
SENTRY_ISSUE = re.compile(r"/issues/(\d+)")
SENTRY_EVENT = re.compile(r"/events/([0-9a-f]{32})")
OUR_INBOUND = re.compile(r"/routing/inbound/(\d{1,18})/")
SHORT_ID = re.compile(r"[A-Za-z][\w-]*-[0-9A-Z]+")
DIGEST = re.compile(r"[0-9a-f]{16,64}")


def found_by(text: str, *, everywhere: bool = False) -> list[int]:
    """Ids of the received webhooks that somebody's pasted text finds, the newest LISTED at most.

    A list rather than a condition: joined and sorted, the database would read the whole log instead of its indexes.
    """
    text = text.strip()
    exact = _exact(text)
    if exact is None:
        return list(_titled(text, everywhere=everywhere).values_list("id", flat=True)[:LISTED])
    found = Inbound.objects.filter(exact).order_by().values_list("id", flat=True)
    return sorted(found[:MOST], reverse=True)[:LISTED]


def search(queryset: "QuerySet[Row]", text: str, *, column: str = "id", everywhere: bool = False) -> "QuerySet[Row]":
    """The rows that `text` names, by the column that holds the webhook's id; all of them for an empty text.

    With `everywhere`, titles of any age count.
    """
    return queryset.filter(**{f"{column}__in": found_by(text, everywhere=everywhere)}) if text.strip() else queryset


def threads_about(queryset: "QuerySet[Row]", text: str) -> "QuerySet[Row]":
    """The alert timelines that `text` names, by alert key or by the webhooks it finds."""
    if not text.strip():
        return queryset
    keys = Inbound.objects.filter(id__in=found_by(text)).exclude(alert_key="").values_list("alert_key", flat=True)
    return queryset.filter(alert_key__in={*keys, text.strip()})


def _exact(text: str) -> Q | None:
    """The condition for text that names something; None for text that may only stand in a title."""
    if urlsplit(text).scheme in {"http", "https"}:
        for name, pattern in (("id", OUR_INBOUND), ("event_id", SENTRY_EVENT), ("issue_id", SENTRY_ISSUE)):
            if found := pattern.search(text):
                return Q(**{name: found.group(1)})
        return None
    number = text.lstrip("#")
    if number.isdecimal():
        return Q(issue_id=number) | (Q(id=int(number)) if len(number) < 19 else Q())
    if DIGEST.fullmatch(text):
        return Q(alert_key=text) | Q(event_id=text) | Q(request_id=text)
    is_short_id = SHORT_ID.fullmatch(text) and Inbound.objects.filter(short_id=text).exists()
    return Q(short_id=text) if is_short_id else None


def _titled(text: str, *, everywhere: bool) -> "QuerySet[Inbound]":
    """Webhooks with this in their titles, newest first, which the index of titles alone can tell: from its end, so that
    what many have is found at once."""
    rows = Inbound.objects.filter(title__icontains=text).order_by("-id")
    if everywhere:
        return rows
    newest = Inbound.objects.aggregate(newest=Max("id"))["newest"] or 0
    return rows.filter(id__gt=newest - NEWEST)
