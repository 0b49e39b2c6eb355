"""The look-alike of both vendors that the demo talks to: off unless the demo is on."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from integrations.sandbox.feishu import judge_feishu
from integrations.sandbox.flashduty import judge_flashduty
from integrations.sandbox.sight import drawable
from integrations.sandbox.verdict import AlertState, SandboxBot, SandboxIntegration, Verdict
from integrations.sandbox.verdict import SandboxCall as Call
from routing.models import SandboxCall
from routing.services.storing import writing

BOT = "demo"
"""The one bot and the one integration that the sandbox has."""
KEPT = 200
"""Calls that are remembered of each bot."""
ANSWER_KEPT = 2000
MINUTE = timedelta(minutes=1)


def switch_on(address: str) -> None:
    """Answer as the vendors from now on, at `host:port`, which targets may then reach; this process knows at once."""
    settings.SANDBOX_SWITCH.write_text(address + "\n", encoding="ascii")
    if address not in settings.EGRESS_ALLOWED_HOSTS:
        settings.EGRESS_ALLOWED_HOSTS.append(address)


def switch_off() -> None:
    """Be no vendor any more, and forget what was received."""
    settings.SANDBOX_SWITCH.unlink(missing_ok=True)
    SandboxCall.objects.all().delete()


def feishu_settings(address: str) -> dict[str, str]:
    """What an operator would copy from the sandbox bot's settings: its address and its signing secret."""
    hook = f"http://{address}/sandbox/feishu/{BOT}/open-apis/bot/v2/hook/{_secret('token')}"
    return {"webhook_url": hook, "secret": _secret("secret")}


def flashduty_settings(address: str) -> dict[str, str]:
    """What an operator would copy from the sandbox integration: its push address."""
    push = f"http://{address}/sandbox/flashduty/{BOT}/event/push/alert/standard"
    return {"push_url": f"{push}?integration_key={_secret('key')}"}


def receive(kind: str, call: Call, now: datetime) -> Verdict:
    """What the vendor (`feishu` or `flashduty`) would answer; the call is kept for the page. Raises Unavailable."""
    return writing.run(partial(_receive, kind, call, now))


@transaction.atomic
def _receive(kind: str, call: Call, now: datetime) -> Verdict:
    earlier = list(SandboxCall.objects.filter(kind=kind, bot=BOT).order_by("-id")[:KEPT])
    recent = [row.received_at for row in earlier if row.accepted and now - row.received_at < MINUTE]
    verdict = _JUDGES[kind](call, now, recent, earlier)
    SandboxCall.objects.create(
        bot=BOT,
        kind=kind,
        received_at=now,
        status=verdict.status,
        answer=verdict.body[:ANSWER_KEPT].decode("utf-8", "replace").replace("\0", ""),
        accepted=verdict.accepted,
        seen=_as_json(verdict),
    )
    if len(earlier) == KEPT:
        SandboxCall.objects.filter(kind=kind, bot=BOT, pk__lte=earlier[-1].pk).delete()
    return verdict


def _feishu(call: Call, now: datetime, recent: Sequence[datetime], _earlier: Sequence[SandboxCall]) -> Verdict:
    return judge_feishu(call, SandboxBot(token=_secret("token"), secret=_secret("secret")), now, recent)


def _flashduty(call: Call, now: datetime, recent: Sequence[datetime], earlier: Sequence[SandboxCall]) -> Verdict:
    return judge_flashduty(call, SandboxIntegration(key=_secret("key")), now, recent, alerts=_alerts(earlier))


_JUDGES: Mapping[str, Callable[[Call, datetime, Sequence[datetime], Sequence[SandboxCall]], Verdict]] = {
    "feishu": _feishu,
    "flashduty": _flashduty,
}


def _secret(purpose: str) -> str:
    """Follows from SECRET_KEY, so that the sandbox needs no settings of its own."""
    return salted_hmac("routing.sandbox", purpose).hexdigest()[:32]


def _as_json(verdict: Verdict) -> Any:
    seen = drawable(verdict.seen) if verdict.seen else None
    document = {"reason": verdict.reason, "seen": seen, "alert": asdict(verdict.alert) if verdict.alert else None}
    return json.loads(json.dumps(document).replace("\\u0000", "\\ufffd"))  # Postgres refuses NUL in JSON


def _alerts(earlier: Sequence[SandboxCall]) -> dict[str, AlertState]:
    """The last known state of each alert key; calls come newest first."""
    alerts: dict[str, AlertState] = {}
    for row in earlier:
        if state := (row.seen or {}).get("alert"):
            alerts.setdefault(state["alert_key"], AlertState(**state))
    return alerts
