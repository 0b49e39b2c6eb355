"""Webhooks accepted a second: stored, decided and durable, against a bot that answers at once and no storing at all."""

from bench.loopback import wait_until_open
from bench.parts.stage import Stage

SENDERS = (8, 32)
BLOG = "blog post"


def measure(stage: Stage) -> None:
    """Each round asks all of them, with few senders and with many, one after the other."""
    figures = stage.figures
    for _ in range(stage.size.rounds):
        for senders in SENDERS:
            with stage.blog_post() as (relay, _bots):
                _load(stage, BLOG, relay.url, senders)
            for kind in stage.kinds:
                with stage.relay(kind) as (ours, _bots):
                    ours.start_web()
                    wait_until_open(ours.port)
                    _load(stage, kind, ours.url, senders)
                    undecided = ours.database.rows("SELECT COUNT(*) FROM routing_inbound WHERE status = 'received'")
                    figures.add(f"ingest {kind}, {senders} senders: undecided at the end", undecided[0][0])
    for senders in SENDERS:
        for kind in stage.kinds:
            ours_, theirs = _name(kind, senders), _name(BLOG, senders)
            figures.ratio(f"ingest {kind}, {senders} senders: times the blog post's", ours_, theirs)
    figures.print("Ingest: accepted, 10 to 60 kB, worker off", "ingest ")


def _load(stage: Stage, name: str, url: str, senders: int) -> None:
    stage.load(url, senders=senders, count=60, prepared=60).figures()
    run = stage.load(url, senders=senders, count=stage.size.events, prepared=stage.size.events).figures()
    stage.figures.add(_name(name, senders), run["per_second"])
    stage.figures.add(f"ingest {name}, {senders} senders: p99 ms", run["p99"])
    stage.figures.add(f"ingest {name}, {senders} senders: worst ms", run["worst"])


def _name(name: str, senders: int) -> str:
    return f"ingest {name}, {senders} senders: accepted/s"
