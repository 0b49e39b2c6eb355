"""The numbers for monitoring as Prometheus families: names, help texts, labels."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily

from routing.selectors.metrics import SAMPLE, Counts, Metrics

MOST_CODES = 20
"""Provider codes of one kind that get a series of their own; they come from outside, so their number must have an end."""
QUANTILES = (0.5, 0.95, 0.99, 1.0)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def families(found: Metrics) -> Iterator[GaugeMetricFamily]:
    """The numbers as Prometheus families. All are gauges: the log is pruned, so nothing in it only ever grows."""
    yield from _log(found)
    yield from _work(found)
    yield from _targets(found)
    yield from _sources(found)
    yield from _workers(found)
    yield _quantiles("stored_seconds", "From the receipt of a webhook to its stored deliveries", found.stored_after)
    yield _quantiles("first_attempt_seconds", "From storing to the first attempt", found.first_attempt_after)
    yield _quantiles("delivered_seconds", "From the receipt of a webhook to its delivery", found.delivered_after)


def _gauge(
    name: str, text: str, labels: Sequence[str] = (), counts: Iterable[tuple[Sequence[str], float]] = ()
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"alert_relay_{name}", text, labels=labels)
    for values, number in counts:
        family.add_metric(list(values), number)
    return family


def _log(found: Metrics) -> Iterator[GaugeMetricFamily]:
    of = "in the last hour, or the span in alert_relay_log_window_seconds"
    labels = ("target", "kind", "status", "reason")
    yield _gauge("inbounds_last_hour", f"Webhooks received {of}", ("status", "reason"), found.inbounds.counts)
    yield _gauge("duplicates_last_hour", f"Repeated calls for webhooks received {of}", (), [((), found.duplicates)])
    yield _gauge("deliveries_last_hour", f"Deliveries created {of}", labels, found.deliveries.counts)
    yield _gauge(
        "attempts_last_hour",
        f"Attempts begun {of}",
        ("kind", "outcome", "reason", "provider_code"),
        bounded_codes(found.attempts.counts),
    )
    yield _gauge("given_up_last_hour", "Deliveries that ended dead or expired in the last hour", labels, found.given_up)
    windows = {"inbounds": found.inbounds, "deliveries": found.deliveries, "attempts": found.attempts}
    yield _gauge(
        "log_window_seconds",
        "The span that the counts of the last hour cover: less than 3600 under heavy traffic",
        ("log",),
        [((name,), log.seconds) for name, log in windows.items()],
    )


def bounded_codes(counts: Counts) -> Counts:
    """Counts of attempts in which only well-formed and the most frequent provider codes keep their own series."""
    totals: Counter[tuple[str, str]] = Counter()
    for (kind, _, _, code), number in counts:
        totals[kind, code] += number
    kept: set[tuple[str, str]] = set()
    for kind in {kind for kind, _ in totals}:
        codes = [code for (of, code), _ in totals.most_common() if of == kind and _CODE.fullmatch(code)]
        kept.update((kind, code) for code in codes[:MOST_CODES])
    bounded: Counter[tuple[str, ...]] = Counter()
    for (kind, outcome, reason, code), number in counts:
        bounded[kind, outcome, reason, code if not code or (kind, code) in kept else "other"] += number
    return list(bounded.items())


def _work(found: Metrics) -> Iterator[GaugeMetricFamily]:
    yield _gauge("backlog", "Unfinished deliveries", ("target", "kind", "state"), found.backlog)
    oldest = _age(found.at, found.work.oldest_due_at)
    yield _gauge("oldest_due_seconds", "How long the oldest sendable delivery is due", (), [((), oldest or 0)])
    yield _gauge("undecided", "Webhooks stored and not yet decided", (), [((), found.undecided)])
    waiting = _age(found.at, found.oldest_undecided_at)
    yield _gauge("oldest_undecided_seconds", "How long the oldest of them waits", (), [((), waiting or 0)])
    yield _gauge("open_threads", "Alerts told and not resolved", ("target", "kind"), found.open_threads)


def _targets(found: Metrics) -> Iterator[GaugeMetricFamily]:
    labels = ("target", "kind")
    rows = [((target.name, target.kind), target) for target in found.targets]
    yield _gauge("target_enabled", "1 while it is on", labels, [(of, target.enabled) for of, target in rows])
    yield _gauge(
        "target_consecutive_failures", "Failures in a row", labels, [(of, row.consecutive_failures) for of, row in rows]
    )
    yield _gauge(
        "target_broken", "1 when it needs a person", labels, [(of, row.broken_since is not None) for of, row in rows]
    )
    yield _gauge(
        "target_probing", "1 while one at a time is tried", labels, [(of, row.probe_at is not None) for of, row in rows]
    )
    ages = [(of, _age(found.at, row.last_success_at)) for of, row in rows]
    yield _gauge(
        "target_last_success_seconds",
        "Since the last success",
        labels,
        [(of, age) for of, age in ages if age is not None],
    )


def _sources(found: Metrics) -> Iterator[GaugeMetricFamily]:
    rows = found.sources
    yield _gauge(
        "source_refused",
        "Refused calls not yet dealt with",
        ("source",),
        [((row.name,), row.refused_count) for row in rows],
    )
    ages = [((row.name,), _age(found.at, getattr(row, "last_inbound_at", None))) for row in rows]
    yield _gauge(
        "source_last_inbound_seconds",
        "Since the last webhook",
        ("source",),
        [(of, age) for of, age in ages if age is not None],
    )


def _workers(found: Metrics) -> Iterator[GaugeMetricFamily]:
    alive = Counter((worker.host, worker.engine) for worker in found.workers)
    yield _gauge("workers_alive", "Workers with a fresh heartbeat", (), [((), found.work.alive)])
    yield _gauge("workers", "The same by host and engine", ("host", "engine"), alive.items())
    age = _age(found.at, found.work.last_beat_at)
    beats = [] if age is None else [((), age)]
    yield _gauge("worker_heartbeat_seconds", "Since the last heartbeat of any worker", (), beats)
    yield _gauge(
        "worker_slots", "Messages that can be sent at once", (), [((), sum(row.slots for row in found.workers))]
    )
    in_flight = sum(row.in_flight for row in found.workers)
    yield _gauge("worker_in_flight", "Messages being sent now", (), [((), in_flight)])


def _quantiles(name: str, text: str, seconds: Sequence[float]) -> GaugeMetricFamily:
    last = len(seconds) - 1
    values = [((f"{share:g}",), seconds[round(share * last)]) for share in QUANTILES] if seconds else []
    return _gauge(name, f"{text}, of the newest {SAMPLE} in the last hour", ("quantile",), values)


def _age(now: datetime, moment: datetime | None) -> float | None:
    """Seconds since then, never negative: clocks of several hosts differ."""
    return None if moment is None else max(0.0, (now - moment).total_seconds())
