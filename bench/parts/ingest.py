"""Webhooks accepted a second: stored, decided and durable, against a bot that answers at once and no storing at all."""

from contextlib import ExitStack

from bench.parts.stage import Stage

SENDERS = (8, 32)
BLOG = "blog post"


def measure(stage: Stage) -> None:
    """Each round asks all of them, with few senders and with many, one after the other."""
    with ExitStack() as stack:
        theirs, _bots = stack.enter_context(stage.blog_post())
        urls = {BLOG: theirs.url}
        relays = {kind: stack.enter_context(stage.relay(kind))[0] for kind in stage.kinds}
        for kind, relay in relays.items():
            relay.start_web()
            urls[kind] = relay.url
        for url in urls.values():
            stage.load(url, senders=8, count=60).figures()
        for _ in range(stage.size.rounds):
            for senders in SENDERS:
                for name, url in urls.items():
                    _load(stage, name, url, senders)
        for kind, relay in relays.items():
            undecided = relay.database.rows("SELECT COUNT(*) FROM routing_inbound WHERE status = 'received'")
            stage.figures.add(f"ingest {kind}: left undecided under pressure", undecided[0][0])
    _print(stage)


def _print(stage: Stage) -> None:
    for senders in SENDERS:
        for kind in stage.kinds:
            ours, theirs = _name(kind, senders), _name(BLOG, senders)
            stage.figures.ratio(f"ingest {kind}, {senders} senders: times the blog post's", ours, theirs)
    stage.figures.print("Ingest: accepted, 10 to 60 kB, worker off", "ingest ")


def _load(stage: Stage, name: str, url: str, senders: int) -> None:
    run = stage.load(url, senders=senders, count=stage.size.events, prepared=stage.size.events).figures()
    stage.figures.add(_name(name, senders), run["per_second"])
    stage.figures.add(f"ingest {name}, {senders} senders: p99 ms", run["p99"])
    stage.figures.add(f"ingest {name}, {senders} senders: worst ms", run["worst"])


def _name(name: str, senders: int) -> str:
    return f"ingest {name}, {senders} senders: accepted/s"
