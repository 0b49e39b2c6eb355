"""The whole path: accepted, decided, stored, sent, written down, with web and worker beside the load."""

import time

from bench.bots import Bots
from bench.figures import quantile
from bench.parts.stage import Stage


def measure(stage: Stage) -> None:
    """Through, and the time from the answer to the bot: under load, and for single webhooks in calm."""
    figures, events = stage.figures, stage.size.events
    for _ in range(stage.size.rounds):
        with stage.blog_post() as (relay, _bots):
            run = stage.load(relay.url, senders=8, count=events, prepared=events).figures()
            figures.add("path blog post: through/s", run["per_second"])
        for kind in stage.kinds:
            with stage.relay(kind) as (ours, bots):
                ours.start_all()
                stage.load(ours.url, senders=8, count=60).figures()
                bots.until(60, 30)
                began = time.monotonic_ns()
                run = stage.load(ours.url, senders=8, count=events, prepared=events).figures()
                figures.add(f"path {kind}: accepted/s beside the worker", run["per_second"])
                figures.add(f"path {kind}: all delivered", float(bots.until(events + 60, 120)))
                taken = [seen.moment for seen in bots.seen() if seen.is_accepted and seen.moment > began]
                figures.add(f"path {kind}: through/s", len(taken) / ((max(taken) - min(taken)) / 1e9))
                time.sleep(1)
                _singles(stage, kind, ours.url, bots)
    for kind in stage.kinds:
        figures.ratio(f"path {kind}: times the blog post's", f"path {kind}: through/s", "path blog post: through/s")
    figures.print("Whole path, one bot", "path ")


def _singles(stage: Stage, kind: str, url: str, bots: Bots) -> None:
    before = len(bots.seen())
    load = stage.load(url, senders=1, rate=2.7, count=stage.size.singles)
    load.figures()
    bots.until(sum(seen.is_accepted for seen in bots.seen()[:before]) + stage.size.singles, 20)
    answered = {call.number: call.answered for call in load.calls}
    took = [(seen.moment - answered[seen.number]) / 1e6 for seen in bots.seen()[before:] if seen.number in answered]
    stage.figures.add(f"path {kind}, idle: accepted to bot p50 ms", quantile(took, 0.5))
    stage.figures.add(f"path {kind}, idle: accepted to bot p99 ms", quantile(took, 0.99))
