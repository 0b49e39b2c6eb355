"""How fast the delivery engine is: deliveries a second, the time from stored to sent when idle, and isolation.

    DATABASE_URL=... python bench/engine.py [--amount 2000] [--latency-ms 50] [--idle 50] [--hanging]

Uses the database named by the environment (an SQLite file in VAR_DIR by default), which must be empty or hold only what
an earlier run left: it adds targets named bench-… and removes them again. Starts its own bot and worker on loopback.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_site.settings")


class Bot:
    """The bot process, and what it was told: (nanoseconds, name)."""

    def __init__(self, latency_ms: float) -> None:
        script = [sys.executable, str(ROOT / "bench" / "bot.py"), "--latency-ms", str(latency_ms)]
        self.process = subprocess.Popen(script, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())
        self.told: list[tuple[int, str]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            moment, name = line.split()
            self.told.append((int(moment), name))

    def until(self, amount: int, seconds: float) -> None:
        """Wait until it was told so often."""
        ends = time.monotonic() + seconds
        while len(self.told) < amount and time.monotonic() < ends:
            time.sleep(0.01)


@contextmanager
def worker(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that may speak to the bot."""
    environment = {**os.environ, "EGRESS_ALLOWED_HOSTS": f"127.0.0.1:{port}"}
    process = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def make_targets(port: int, names: list[str]) -> list[int]:
    """Feishu bots without limits."""
    from django.conf import settings

    from routing.models import Target
    from routing.services import targets

    settings.EGRESS_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
    made = []
    for name in names:
        target = Target(name=f"bench-{name}", kind="feishu")
        url = f"http://127.0.0.1:{port}/open-apis/bot/v2/hook/{name}"
        targets.assign(target, {"webhook_url": url, "limits": {"per_second": 0, "per_minute": 0}})
        target.save()
        made.append(target.pk)
    return made


def clear() -> None:
    """Remove what a run left."""
    from routing.models import Delivery, Inbound, Target, Thread

    Delivery.objects.filter(target_name__startswith="bench-").delete()
    Thread.objects.filter(target__name__startswith="bench-").delete()
    Inbound.objects.filter(title="bench").delete()
    Target.objects.filter(name__startswith="bench-").delete()


def store(target: int, amount: int) -> None:
    """So many alerts for a target, each about a problem of its own, in one transaction."""
    from django.db import transaction
    from django.utils import timezone

    from integrations.contract import Alert, SentryStatus
    from routing.models import Delivery, Inbound, Target, Thread
    from routing.policy.alerts import to_json
    from routing.services.waking import notify_workers

    now = timezone.now()
    of = Target.objects.get(pk=target)
    keys = [f"bench-{now.timestamp()}-{number}" for number in range(amount)]
    with transaction.atomic():
        threads = Thread.objects.bulk_create(
            [Thread(target=of, alert_key=key, is_open=True, round=1, next_sequence=2) for key in keys]
        )
        alerts = [
            Alert(
                resource="event_alert",
                action="triggered",
                sentry_status=SentryStatus.TRIGGERED,
                alert_key=key,
                title="OperationalError: connection timed out",
                message="connection to the orders database timed out after 30 s" * 4,
                level="error",
                environment="production",
                project_slug="checkout",
                link="https://sentry.example/issues/1/",
            )
            for key in keys
        ]
        inbounds = Inbound.objects.bulk_create(
            [Inbound(source_name="bench", title="bench", status="routed", alert=to_json(alert)) for alert in alerts]
        )
        Delivery.objects.bulk_create(
            Delivery(
                inbound=inbound,
                target=of,
                target_name=of.name,
                kind=of.kind,
                thread=thread,
                round=1,
                sequence=1,
                severity="warning",
                sentry_status="triggered",
                alert_key=thread.alert_key,
                project_slug="checkout",
                due_at=now,
                expires_at=now + timedelta(hours=24),
            )
            for inbound, thread in zip(inbounds, threads, strict=True)
        )
        notify_workers()


def rate(amount: int, latency_ms: float, bots: int) -> dict[str, float]:
    """Deliveries a second with everything written down, and what they cost."""
    bot = Bot(latency_ms)
    targets = make_targets(bot.port, [f"bot{number:012d}" for number in range(bots)])
    for target in targets:
        store(target, amount // bots)
    from routing.models import Delivery

    with worker(bot.port) as process:
        bot.until(1, 20)
        used = cpu_seconds(process.pid)
        bot.until(amount, 60)
        used = cpu_seconds(process.pid) - used
        ends = time.monotonic() + 5
        while Delivery.objects.exclude(status="delivered").exists() and time.monotonic() < ends:
            time.sleep(0.02)
        unsettled = Delivery.objects.filter(target_name__startswith="bench-").exclude(status="delivered").count()
    bot.process.kill()
    moments = sorted(moment for moment, _ in bot.told)
    clear()
    return {
        "sent": len(moments),
        "unsettled": unsettled,
        "per_second": round((len(moments) - 1) / ((moments[-1] - moments[0]) / 1e9)),
        "worker_cpu_ms_each": round(used * 1000 / len(moments), 3),
    }


def idle(amount: int, hanging: bool) -> dict[str, float]:
    """Milliseconds from stored to received, one at a time; with `hanging`, beside a bot that never answers."""
    bot = Bot(0)
    (target, stuck) = make_targets(bot.port, ["idle000000000000", "hang000000000000"])
    took: list[float] = []
    with worker(bot.port) as process:
        time.sleep(3)
        used, began = cpu_seconds(process.pid), time.monotonic()
        time.sleep(3)
        idle_cpu = (cpu_seconds(process.pid) - used) / (time.monotonic() - began)
        if hanging:
            store(stuck, 200)
            time.sleep(1)
        for _ in range(amount):
            before = len([1 for _, name in bot.told if name.startswith("idle")])
            store(target, 1)
            stored = time.monotonic_ns()
            while len(found := [moment for moment, name in bot.told if name.startswith("idle")]) == before:
                time.sleep(0.0005)
            took.append((found[-1] - stored) / 1e6)
            time.sleep(0.087)
    bot.process.kill()
    clear()
    took.sort()
    return {
        "p50_ms": round(statistics.median(took), 1),
        "p99_ms": round(took[int(len(took) * 0.99) - 1], 1),
        "idle_cpu_percent": round(100 * idle_cpu, 2),
    }


def main() -> None:
    """Run what was asked for, and print one JSON line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--amount", type=int, default=2000)
    parser.add_argument("--bots", type=int, default=1)
    parser.add_argument("--latency-ms", type=float, action="append")
    parser.add_argument("--idle", type=int, default=0)
    parser.add_argument("--hanging", action="store_true")
    arguments = parser.parse_args()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    clear()
    for latency in arguments.latency_ms or []:
        print(json.dumps({"rate_at_ms": latency, **rate(arguments.amount, latency, arguments.bots)}), flush=True)
    if arguments.idle:
        print(json.dumps({"idle": arguments.idle, **idle(arguments.idle, arguments.hanging)}), flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(json.dumps({"largest_child_mb": peak}))


if __name__ == "__main__":
    main()
