"""Signed webhooks of 10 to 60 kB, no two alike, made by replacing a few bytes of templates.

Each carries its number as `m00000042x` where a card shows it, so that a bot can tell which one it was told.
"""

import json
import random
import re
from datetime import UTC, datetime
from typing import Any

from integrations.sentry.samples import Kind, build
from integrations.sentry.signature import sign

MARK = re.compile(rb"m(\d{8})x")
SIZES_KB = (10, 18, 27, 31, 42, 60)
LEVELS = ("error", "warning", "fatal")
_SEED = 20_261_121
_MARK, _EVENT, _ISSUE = b"m00000000x", b"e" * 32, b"7700000000"
_WORDS = [
    "basket",
    "parcel",
    "voucher",
    "stock",
    "rate",
    "invoice",
    "courier",
    "shelf",
    "customs",
    "label",
    "batch",
    "scanner",
    "pallet",
    "ledger",
]


def _frame(chance: random.Random) -> dict[str, Any]:
    path = "/".join(chance.sample(_WORDS, 3)) + ".py"
    code = [f"    {chance.choice(_WORDS)} = {chance.choice(_WORDS)}({chance.random():.6f})" for _ in range(7)]
    return {
        "filename": path,
        "abs_path": f"/srv/{path}",
        "function": "_".join(chance.sample(_WORDS, 2)),
        "lineno": chance.randint(1, 2000),
        "in_app": chance.random() < 0.4,
        "pre_context": code[:3],
        "context_line": code[3],
        "post_context": code[4:],
        "vars": {name: repr(chance.getrandbits(48)) for name in chance.sample(_WORDS, 4)},
    }


def _template(kind: Kind, size: int, level: str, chance: random.Random) -> tuple[dict[str, str], bytes]:
    headers, body = build(
        kind,
        project="checkout",
        environment="production",
        level=level,
        issue_id=_ISSUE.decode(),
        event_id=_EVENT.decode(),
        title=f"TimeoutError: order service did not answer {_MARK.decode()}",
        now=datetime.now(UTC),
    )
    document = json.loads(body)
    event = document["data"].get("event")
    if event is not None:
        frames = event["exception"]["values"][0]["stacktrace"]["frames"]
        length = len(body)
        while length < size:
            frames.append(_frame(chance))
            length += len(json.dumps(frames[-1]))
    return headers, json.dumps(document).encode()


class Bodies:
    """Requests by number. `series` keeps the numbers of several runs apart; events of `issues` issues come in turn."""

    def __init__(self, *, secret: str, series: int = 0, issues: int = 0, resolve_every: int = 0) -> None:
        chance = random.Random(_SEED)
        self._secret, self._series, self._issues, self._resolve_every = secret, series, issues, resolve_every
        self._firing = [
            _template("event_alert.triggered", kb * 1000, LEVELS[number % len(LEVELS)], chance)
            for number, kb in enumerate(SIZES_KB)
        ]
        self._resolved = _template("issue.resolved", 0, "error", chance)

    def request(self, number: int, path: str, port: int) -> bytes:
        """A whole HTTP request, head and body."""
        turn = number // self._issues if self._issues else 0
        is_resolved = self._resolve_every > 0 and turn % self._resolve_every == self._resolve_every - 1
        headers, template = self._resolved if is_resolved else self._firing[number % len(self._firing)]
        issue = number % self._issues if self._issues else number
        body = (
            template.replace(_MARK, b"m%08dx" % number)
            .replace(_EVENT, b"%016x%016x" % (self._series, number))
            .replace(_ISSUE, b"77%04d%08d" % (self._series % 10_000, issue))
        )
        lines = {
            **headers,
            "host": f"127.0.0.1:{port}",
            "content-length": str(len(body)),
            "request-id": f"{self._series:016x}{number:016x}",
            "sentry-hook-signature": sign(body, self._secret),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body
