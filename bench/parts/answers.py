"""Answers at 50 webhooks a second: in calm, and with every bot hanging."""

from bench.parts.stage import Stage

RATE = 50


def measure(stage: Stage) -> None:
    """The same relay first in calm, then with bots that never answer."""
    figures, seconds = stage.figures, stage.size.seconds
    for _ in range(stage.size.rounds):
        with stage.blog_post() as (relay, bots):
            bots.fault(mode="hang")
            run = stage.load(relay.url, senders=32, rate=RATE, count=int(RATE * 3), seconds=5).figures()
            figures.add("answers blog post, bot hanging: share in a second", run["in_a_second"])
        for kind in stage.kinds:
            with stage.relay(kind) as (ours, bots):
                ours.start_all()
                stage.load(ours.url, senders=32, rate=RATE, count=RATE * 2).figures()
                for state in ("ok", "hang"):
                    bots.fault(mode=state)
                    run = stage.load(ours.url, senders=32, rate=RATE, count=int(RATE * seconds)).figures()
                    figures.add(f"answers {kind}, bots {state}: share in a second", run["in_a_second"])
                    figures.add(f"answers {kind}, bots {state}: p99 ms", run["p99"])
    for kind in stage.kinds:
        calm, hanging = (f"answers {kind}, bots {state}: p99 ms" for state in ("ok", "hang"))
        figures.ratio(f"answers {kind}, p99 with bots hanging: times calm", hanging, calm)
    figures.print(f"Answers at {RATE}/s, web and worker", "answers ")
