"""The delivery engine on waiting alerts: beside Celery with Redis sending the same messages without writing a log."""

import time

from bench import broker, celery_peer
from bench.bots import Bots, Seen
from bench.parts.stage import Stage
from bench.processes import cpu_seconds
from bench.relay import wait_for

SLOTS = 64
LATENCY_MS = 50


def measure(stage: Stage) -> None:
    """Deliveries a second with bots that answer at once, and after 50 ms."""
    figures = stage.figures
    for _ in range(stage.size.rounds):
        if broker.is_here():
            _celery(stage)
        for kind in stage.kinds:
            for latency in (0, LATENCY_MS):
                _ours(stage, kind, latency)
    for kind in stage.kinds:
        figures.ratio(
            f"engine {kind}: times Celery's", f"engine {kind}, 0 ms: deliveries/s", "engine Celery, 0 ms: deliveries/s"
        )
        limit = SLOTS * 1000 / LATENCY_MS
        share = [rate / limit for rate in figures.values[f"engine {kind}, {LATENCY_MS} ms: deliveries/s"]]
        figures.values[f"engine {kind}, {LATENCY_MS} ms: share of slots over latency"] += share
    figures.print(f"Engine: {stage.size.deliveries} waiting, {SLOTS} slots, limits off", "engine ")


def _ours(stage: Stage, kind: str, latency: int) -> None:
    wanted = stage.size.deliveries
    with stage.relay(kind) as (relay, bots):
        web = relay.start_web()
        stage.load(relay.url, senders=8, count=wanted, seconds=120).figures()
        web.end()
        bots.fault(mode="slow", ms=latency)
        worker = relay.start_worker()
        rate = _rate(bots, wanted)
        used = cpu_seconds([worker.pid])
        stage.figures.add(f"engine {kind}, {latency} ms: deliveries/s", rate)
        if not latency:
            stage.figures.add(f"engine {kind}: worker's CPU ms a delivery, start included", used * 1000 / wanted)
        unsettled = "SELECT COUNT(*) FROM routing_delivery WHERE status <> 'delivered'"
        wait_for(lambda: relay.database.rows(unsettled)[0][0] == 0, 10)
        stage.figures.add(f"engine {kind}, {latency} ms: not written down", relay.database.rows(unsettled)[0][0])


def _celery(stage: Stage) -> None:
    bots = Bots(stage.folder)
    try:
        with celery_peer.running(stage.folder, bots.port, stage.size.deliveries):
            stage.figures.add("engine Celery, 0 ms: deliveries/s", _rate(bots, stage.size.deliveries))
    finally:
        bots.end()


def _rate(bots: Bots, wanted: int) -> float:
    bots.until(wanted, 120)
    taken: list[Seen] = [seen for seen in bots.seen() if seen.is_accepted]
    time.sleep(0.2)
    return (len(taken) - 1) / ((taken[-1].moment - taken[0].moment) / 1e9) if len(taken) > 1 else 0.0
