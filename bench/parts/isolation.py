"""One of ten bots hangs: what the other nine notice."""

from bench.bots import Bots
from bench.figures import quantile
from bench.parts.stage import Stage

RATE = 40
NAMES = tuple(f"bot{number}" for number in range(10))


def measure(stage: Stage) -> None:
    """The same relay first in calm, then with one bot that never answers."""
    figures = stage.figures
    for _ in range(stage.size.rounds):
        for kind in stage.kinds:
            with stage.relay(kind, NAMES, routed_to_all=False) as (relay, bots):
                relay.start_all()
                stage.load(relay.url, senders=16, rate=RATE, count=RATE * 2).figures()
                figures.add(f"isolation {kind}, calm: accepted to bot p99 ms", _late(stage, relay.url, bots))
                bots.fault("bot9", "hang")
                figures.add(f"isolation {kind}, one hangs: accepted to bot p99 ms", _late(stage, relay.url, bots))
    for kind in stage.kinds:
        calm, sick = (f"isolation {kind}, {state}: accepted to bot p99 ms" for state in ("calm", "one hangs"))
        figures.ratio(f"isolation {kind}, one hangs: times calm", sick, calm)
    figures.print(f"Isolation: ten bots, {RATE}/s, the nine healthy ones", "isolation ")


def _late(stage: Stage, url: str, bots: Bots) -> float:
    before = len(bots.seen())
    load = stage.load(url, senders=16, rate=RATE, count=int(RATE * stage.size.seconds))
    load.figures()
    healthy = {call.number: call.answered for call in load.calls if call.number % 10 != 9}
    wanted = sum(seen.is_accepted for seen in bots.seen()[:before]) + len(healthy)
    bots.until(wanted, 20)
    took = [(seen.moment - healthy[seen.number]) / 1e6 for seen in bots.seen()[before:] if seen.number in healthy]
    return quantile(took, 0.99) if len(took) >= len(healthy) else float("inf")
