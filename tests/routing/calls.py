"""What the tests of receiving start from: a source, targets, rules, and Sentry's calls as Sentry makes them."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from integrations.sentry.samples import build
from integrations.sentry.signature import WEBHOOK_HEADER, sign
from routing.models import Rule, Source, Target
from routing.services.setup import sources, targets

KEY, SECRET = "k-acme", "s-acme"
BOT = "https://open.feishu.cn/open-apis/bot/v2/hook/"
PUSH = "https://api.flashcat.cloud/event/push/alert/standard?integration_key="
FORWARD = "https://api.flashcat.cloud/event/push/alert/sentry?integration_key="

_numbers = itertools.count(1)


def make_source(name: str = "acme", *, key: str = KEY, secret: str = SECRET, **fields: Any) -> Source:
    """A source that can be called at once."""
    source = Source.objects.create(name=name, **fields)
    sources.add_hook_key(source, key)
    if secret:
        sources.add_client_secret(source, secret)
    return source


def make_target(name: str = "team", *, kind: str = "feishu", url: str = "", **fields: Any) -> Target:
    """A target of a kind, with an address of its own."""
    target = Target(name=name, kind=kind, **fields)
    if kind == "feishu":
        targets.assign(target, {"webhook_url": url or BOT + name})
    else:
        targets.assign(target, {"push_url": url or PUSH + name})
    target.save()
    return target


def make_rule(name: str, *told: Target, when: Any = (), **fields: Any) -> Rule:
    """A rule after all others."""
    rule = Rule.objects.create(name=name, position=Rule.objects.count(), when=list(when), **fields)
    rule.targets.set(told)
    return rule


def sentry_call(kind: str = "event_alert.triggered", **fields: Any) -> tuple[dict[str, str], bytes]:
    """(headers without a signature, body) of one call; each has an event and a time of its own."""
    number = next(_numbers)
    known: dict[str, Any] = {
        "project": "web",
        "environment": "production",
        "level": "error",
        "issue_id": "4100",
        "event_id": f"{number:032x}",
        "title": "OperationalError: timed out",
        "now": datetime(2026, 5, 4, 10, 0, tzinfo=UTC) + timedelta(seconds=number),
    }
    return build(kind, **{**known, **fields})


def signed(headers: dict[str, str], body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers with the signature."""
    return {**headers, WEBHOOK_HEADER: sign(body, secret)}


def post(path: str, headers: dict[str, str], body: bytes, **extra: Any) -> Any:
    """One request through Django's whole stack."""
    content_type = headers.get("content-type", "application/json")
    others = {name: value for name, value in headers.items() if name != "content-type"}
    return Client().post(path, data=body, content_type=content_type, headers=others, **extra)


def send(kind: str = "event_alert.triggered", *, key: str = KEY, secret: str = SECRET, **fields: Any) -> Any:
    """Send one signed call to the receiver."""
    headers, body = sentry_call(kind, **fields)
    return post(f"/webhooks/sentry/{key}/", signed(headers, body, secret), body)


def send_legacy(path: str = f"/webhooks/sentry/{KEY}/", **fields: Any) -> Any:
    """Send one unsigned call of the older shape."""
    headers, body = sentry_call("legacy", **fields)
    return post(path, headers, body)
