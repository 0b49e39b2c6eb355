"""What people would see of a request, without anybody sending it: for pages that show a message beforehand."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from typing import Any, Final
from urllib.parse import parse_qs

from integrations.sandbox.feishu import judge_feishu
from integrations.sandbox.flashduty import judge_flashduty
from integrations.sandbox.verdict import SandboxBot, SandboxCall, SandboxIntegration, Seen, Verdict


def look(kind: str, call: SandboxCall, now: datetime) -> Verdict | None:
    """How the vendor of a kind would take an unsigned request, and what it would show; None for an unknown vendor.

    Whatever stands in the address counts as the right token or key.
    """
    judge = _JUDGES.get(kind)
    return judge(call, now) if judge else None


def drawable(seen: Seen) -> dict[str, Any]:
    """What is seen as JSON values for a page to draw: links that are no web pages are left out."""
    plain = asdict(seen)
    for block in plain["blocks"]:
        for span in chain.from_iterable(block["cells"]):
            span["url"] = span["url"] if span["url"].startswith(("http://", "https://")) else ""
    return plain


def _feishu(call: SandboxCall, now: datetime) -> Verdict:
    return judge_feishu(call, SandboxBot(token=call.path.rpartition("/")[2]), now)


def _flashduty(call: SandboxCall, now: datetime) -> Verdict:
    key = parse_qs(call.query).get("integration_key", [""])[0]
    return judge_flashduty(call, SandboxIntegration(key=key), now)


_JUDGES: Final[Mapping[str, Callable[[SandboxCall, datetime], Verdict]]] = {"feishu": _feishu, "flashduty": _flashduty}
