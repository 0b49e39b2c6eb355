"""Memory of web and worker while much waits for a bot that hangs."""

import time

from bench.parts.stage import Stage
from bench.processes import memory_mb


def measure(stage: Stage) -> None:
    """Proportional set size of all processes of `up`, empty and with a backlog; Postgres itself is not counted."""
    figures = stage.figures
    for kind in stage.kinds:
        with stage.relay(kind) as (relay, bots):
            bots.fault(mode="hang")
            relay.start_all()
            time.sleep(2)
            figures.add(f"memory {kind}, nothing waits: MB", memory_mb(relay.processes()))
            stage.load(relay.url, senders=16, count=stage.size.backlog, seconds=180).figures()
            time.sleep(2)
            waiting = relay.database.rows("SELECT COUNT(*) FROM routing_delivery WHERE finished_at IS NULL")
            figures.add(f"memory {kind}: waiting", waiting[0][0])
            figures.add(f"memory {kind}, with these waiting: MB", memory_mb(relay.processes()))
    figures.print("Memory of supervisor, web and worker", "memory ")
