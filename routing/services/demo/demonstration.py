"""One real-shaped, signed Sentry webhook through the running relay, and where it went."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic, sleep
from urllib.parse import urlsplit

import orjson
from django.utils import timezone

from integrations.contract import OutboundRequest, Outcome, Response
from integrations.sentry.samples import build
from integrations.sentry.signature import sign
from routing.models import Delivery, HookKey, Source
from routing.selectors.sandbox import address
from routing.services.delivering import open_door
from routing.services.demo.setup import SOURCE
from routing.services.setup.sources import hook_url

LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Sent:
    """What the receiver answered; `inbound` is None when it stored nothing."""

    status: int
    inbound: int | None
    answer: str


def send_webhook() -> Sent | Outcome:
    """Post one sample to the demo's source over HTTP; the outcome when nobody answers. Raises UnsealingError."""
    source = Source.objects.get(name=SOURCE)
    secret = source.client_secrets.filter(retired_at__isnull=True).latest("id").secret.open()
    key = source.hook_keys.filter(retired_at__isnull=True).latest("id")
    headers, body = build(
        "event_alert.triggered",
        project="web-shop",
        environment="production",
        level="error",
        issue_id=str(1_000_000 + secrets.randbelow(9_000_000)),
        event_id=secrets.token_hex(16),
        title="ZeroDivisionError: division by zero",
        now=timezone.now(),
        rule="Demo",
    )
    signed = {**headers, "sentry-hook-signature": sign(body, secret)}
    door = open_door(slots=1)
    try:
        answer = door.send(OutboundRequest(_own_url(key), body, signed), vendor_hosts=frozenset())
    finally:
        door.close()
    return _read(answer) if isinstance(answer, Response) else answer


def follow(inbound: int, *, seconds: float) -> Iterator[Delivery]:
    """Each delivery of the inbound as it ends, in the order of ending; stops after `seconds`, whatever is left."""
    ends = monotonic() + seconds
    told: set[int] = set()
    while monotonic() < ends:
        rows = list(Delivery.objects.filter(inbound=inbound).order_by("id"))
        for row in rows:
            if row.finished_at is not None and row.pk not in told:
                told.add(row.pk)
                yield row
        if rows and len(told) == len(rows):
            return
        sleep(LOOK_EVERY)


def _own_url(key: HookKey) -> str:
    """The hook URL as this machine reaches it, whatever name or proxy people go through."""
    return f"http://{address()}{urlsplit(hook_url(key)).path}"


def _read(answer: Response) -> Sent:
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        document = {}
    text = answer.body[:500].decode("utf-8", "replace")
    inbound = document.get("id") if isinstance(document, dict) else None
    return Sent(answer.status, int(inbound) if inbound else None, text)
