"""The same messages sent by Celery's prefork workers over Redis, which keep no log of what they sent."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests  # noqa: TID251 - what is compared with does what it does
from celery import Celery

from bench.blog_post_relay import card
from bench.broker import Broker
from bench.loopback import checked
from bench.processes import Process

CHILDREN = 2
"""More of them were slower on two cores."""

app = Celery("bench.celery_peer", broker=os.environ.get("BENCH_BROKER", "memory://"))
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=32, broker_connection_retry_on_startup=True)
_session = requests.Session()


@app.task(name="bench.send", bind=True, max_retries=10)  # type: ignore[untyped-decorator]
def send(_task: object, url: str, message: dict[str, object]) -> None:
    """Post one message over a connection that is kept."""
    checked(url)
    answer = _session.post(url, json=message, timeout=10)
    if answer.json().get("code") != 0:
        raise RuntimeError("not accepted")


@contextmanager
def running(folder: Path, sink_port: int, amount: int) -> Iterator[None]:
    """So many messages queued in a Redis of its own, and then a worker that sends them."""
    broker = Broker(folder)
    environment = {**os.environ, "BENCH_BROKER": broker.url}
    log = folder / "celery.log"
    worker = None
    try:
        broker.start()
        queue(broker.url, f"http://127.0.0.1:{sink_port}/open-apis/bot/v2/hook/celery", amount)
        options = ["--pool", "prefork", "--concurrency", str(CHILDREN), "--without-gossip", "--without-mingle"]
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "bench.celery_peer", "worker", *options]
        worker = Process([*command, "--loglevel", "ERROR"], environment=environment, log=log)
        yield
    finally:
        if worker is not None:
            worker.end(5)
        broker.kill()


def queue(broker: str, url: str, amount: int) -> None:
    """Put messages as large as ours onto the broker."""
    event: dict[str, object] = {
        "level": "error",
        "project": "checkout",
        "environment": "production",
        "datetime": "2026-11-21T09:00:00Z",
        "issue_id": "7700000000",
        "culprit": "shop.checkout.views in submit",
        "web_url": "https://sentry.example.com/organizations/acme/issues/7700000000/",
    }
    sender = Celery("queue", broker=broker)
    sender.conf.task_ignore_result = True
    with sender.producer_or_acquire() as producer:
        for number in range(amount):
            event["title"] = f"TimeoutError: order service did not answer m{number:08d}x"
            message = {"msg_type": "interactive", "card": card(event)}
            sender.send_task("bench.send", (url, message), producer=producer)
    sender.close()
