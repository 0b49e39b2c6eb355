"""Rotating client secret and hook key at 50 signed webhooks a second: none may be refused, none lost."""

import time
from concurrent.futures import ThreadPoolExecutor

from bench.databases import CLIENT_SECRET, HOOK_KEY
from bench.parts.stage import Stage
from bench.relay import Relay

RATE = 50
_NEW_KEY, _NEW_SECRET = "k-rotated-0123456789abcdef", "rotated-client-secret"
_ADD = (
    "from routing.models import Source; from routing.services.setup import sources; source = Source.objects.get(name='bench');"
    f"sources.add_hook_key(source, '{_NEW_KEY}'); sources.add_client_secret(source, '{_NEW_SECRET}')"
)
_RETIRE = (
    "from routing.models import Source; from routing.services.setup import sources; source = Source.objects.get(name='bench');"
    "[sources.retire(item) for item in (source.hook_keys.first(), source.client_secrets.first())]"
)


def measure(stage: Stage) -> None:
    """Old key and secret, the new ones added on the way; then the new ones, the old retired on the way."""
    for kind in stage.kinds:
        with stage.relay(kind) as (relay, _bots):
            relay.start_all()
            stage.load(relay.url, senders=8, rate=RATE, count=RATE).figures()
            sent = RATE + _phase(stage, relay, kind, _ADD, HOOK_KEY, CLIENT_SECRET)
            sent += _phase(stage, relay, kind, _RETIRE, _NEW_KEY, _NEW_SECRET)
            stored = relay.database.rows("SELECT COUNT(*) FROM routing_inbound WHERE status <> 'malformed'")[0][0]
            stage.figures.add(f"rotation {kind}: lost", sent - stored)
    stage.figures.print(f"Rotation at {RATE}/s, web and worker", "rotation ")


def _phase(stage: Stage, relay: Relay, kind: str, change: str, key: str, secret: str) -> int:
    """Calls with one key and secret, during which something changes; returns how many."""
    seconds = max(stage.size.seconds, 10)
    count = int(RATE * seconds)
    with ThreadPoolExecutor(1) as pool:
        load = stage.load(relay.url.replace(HOOK_KEY, key), senders=16, rate=RATE, count=count, secret=secret)
        run = pool.submit(load.figures)
        time.sleep(seconds / 4)
        relay.database.manage("shell", "-c", change)
        figures = run.result()
    stage.figures.add(f"rotation {kind}: refused", sum(400 <= call.status < 500 for call in load.calls))
    stage.figures.add(f"rotation {kind}: not accepted", count - figures["accepted"])
    stage.figures.add(f"rotation {kind}: p99 ms", figures["p99"])
    return count
