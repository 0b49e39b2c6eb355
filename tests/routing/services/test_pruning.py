"""Retention, on the database."""

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from routing.models import (
    Attempt,
    AuditEntry,
    Delivery,
    Inbound,
    InboundBody,
    QuarantinedCall,
    SandboxCall,
    Source,
    Target,
    Thread,
)
from routing.services.pruning import BATCH, Pruner

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def an_inbound(days: float, status: str = "routed", **columns: Any) -> Inbound:
    inbound = Inbound.objects.create(source_name="acme", received_at=ago(days), status=status, **columns)
    InboundBody.objects.create(inbound=inbound, data=b"sealed")
    return inbound


def a_delivery(inbound: Inbound | None, days: float, status: str = "delivered", **columns: Any) -> Delivery:
    finished = {"finished_at": ago(days)} if status not in {"pending", "sending"} else {"due_at": ago(days)}
    row = Delivery.objects.create(
        inbound=inbound, target_name="duty", kind="feishu", status=status, severity="warning", created_at=ago(days),
        **{**finished, **columns},
    )  # fmt: skip
    Attempt.objects.create(delivery=row, number=1, started_at=ago(days), outcome="sent")
    return row


def a_thread(*, is_open: bool, **columns: Any) -> Thread:
    target = Target.objects.create(name=f"bot {Target.objects.count()}", kind="feishu")
    return Thread.objects.create(target=target, alert_key="k", is_open=is_open, round=1, **columns)


def prune() -> Pruner:
    pruner = Pruner()
    while pruner.step(NOW):
        pass
    return pruner


@pytest.mark.parametrize(("days", "stays"), [(6.9, True), (7.1, False)])
def test_a_body_stays_for_seven_days(days: float, stays: bool) -> None:
    inbound = an_inbound(days)
    a_delivery(inbound, days)
    prune()
    assert InboundBody.objects.exists() is stays
    assert Inbound.objects.count() == 1


def test_the_body_of_what_is_not_delivered_yet_stays() -> None:
    a_delivery(an_inbound(20), 20, "pending")
    an_inbound(20, "received")
    prune()
    assert InboundBody.objects.count() == 2


@pytest.mark.parametrize(("days", "stays"), [(179, True), (181, False)])
def test_the_log_stays_for_180_days(days: float, stays: bool) -> None:
    a_delivery(an_inbound(days), days)
    an_inbound(days, "ignored")
    prune()
    assert Inbound.objects.count() == (2 if stays else 0)
    assert Delivery.objects.exists() is stays
    assert Attempt.objects.exists() is stays


def test_retention_follows_the_settings(settings) -> None:
    settings.BODY_RETENTION_DAYS, settings.LOG_RETENTION_DAYS = 1, 2
    an_inbound(2.5, "ignored")
    an_inbound(1.5, "ignored")
    prune()
    assert (Inbound.objects.count(), InboundBody.objects.count()) == (1, 0)


@pytest.mark.parametrize("status", ["pending", "sending"])
def test_what_is_undelivered_is_never_removed(status: str) -> None:
    inbound = an_inbound(400)
    a_delivery(inbound, 400)
    a_delivery(inbound, 400, status)
    prune()
    assert Delivery.objects.count() == 2


def test_a_clock_that_was_wrong_for_a_while_makes_nothing_young_disappear() -> None:
    a_delivery(an_inbound(1, body_digest="d"), 1)
    an_inbound(20_000, "ignored")
    prune()
    assert [row.body_digest for row in Inbound.objects.all()] == ["d"]
    assert InboundBody.objects.count() == 1


def test_what_is_undecided_is_never_removed() -> None:
    an_inbound(400, "received")
    prune()
    assert Inbound.objects.count() == 1


def test_an_open_thread_keeps_its_round_which_a_recovery_follows() -> None:
    thread = a_thread(is_open=True, opened_at=ago(400))
    a_delivery(an_inbound(500), 500, thread=thread, round=0)
    a_delivery(an_inbound(400), 400, "dead", thread=thread, round=1)
    prune()
    assert [row.round for row in Delivery.objects.all()] == [1]
    assert Thread.objects.get() == thread


def test_a_closed_thread_goes_with_its_last_delivery() -> None:
    gone = a_thread(is_open=False, closed_at=ago(200))
    kept = a_thread(is_open=False, closed_at=ago(200))
    a_delivery(an_inbound(200), 200, thread=gone, round=1)
    a_delivery(an_inbound(200), 200, thread=kept, round=1)
    a_delivery(an_inbound(1), 1, thread=kept, round=2)
    prune()
    assert list(Thread.objects.all()) == [kept]


def test_an_old_inbound_that_was_resent_lately_stays_whole() -> None:
    inbound = an_inbound(200)
    first = a_delivery(inbound, 200)
    a_delivery(inbound, 1, resend_of=first)
    prune()
    assert Delivery.objects.count() == 2


def test_what_a_silence_holds_back_stays_until_its_summary() -> None:
    held = a_delivery(an_inbound(200), 200, "suppressed", reason="silenced", held_until=ago(100), awaits_summary=True)
    a_delivery(an_inbound(200), 200, "suppressed", reason="silenced", held_until=ago(100))
    prune()
    assert list(Delivery.objects.all()) == [held]


def test_messages_of_the_relays_own_go_as_well() -> None:
    a_delivery(None, 200, message_type="operations")
    kept = a_delivery(None, 200, "pending", message_type="summary")
    prune()
    assert list(Delivery.objects.all()) == [kept]


def test_after_thirty_days_a_body_may_come_again_as_something_new() -> None:
    source = Source.objects.create(name="acme")
    for number, days in enumerate([60, 31, 29]):
        an_inbound(days, source=source, body_digest=f"d{number}", idempotency_key=f"k{number}")
    prune()
    kept = Inbound.objects.filter(body_digest__isnull=False) | Inbound.objects.filter(idempotency_key__isnull=False)
    assert [row.body_digest for row in kept] == ["d2"]


def test_refused_calls_and_sandbox_messages_live_as_long_as_bodies() -> None:
    source = Source.objects.create(name="acme")
    for days in (1, 8):
        QuarantinedCall.objects.create(source=source, reason="unsigned", data=b"x", size=1, received_at=ago(days))
        SandboxCall.objects.create(bot="demo", kind="feishu", status=200, accepted=True, received_at=ago(days))
        AuditEntry.objects.create(actor="x", action="resend", at=ago(days * 30))
    prune()
    counts = QuarantinedCall.objects.count(), SandboxCall.objects.count(), AuditEntry.objects.count()
    assert counts == (1, 1, 1)


def test_a_step_is_small_and_says_how_much_is_done() -> None:
    for _ in range(BATCH + 3):
        an_inbound(8, "ignored")
    pruner = Pruner()
    assert pruner.step(NOW) == BATCH
    assert pruner.step(NOW) == 3
    assert pruner.step(NOW) == 0
    assert pruner.removed == {"bodies": BATCH + 3}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one write lock for all")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_write_lock_is_never_held_for_long() -> None:
    source = Source.objects.create(name="acme")
    for number in range(120):
        inbound = an_inbound(200, source=source, body_digest=str(number))
        InboundBody.objects.filter(inbound=inbound).update(data=b"x" * 100_000)
        for _ in range(3):
            a_delivery(inbound, 200)
    held: list[float] = []
    began = 0.0

    def watch(statement: str) -> None:
        nonlocal began
        if statement.startswith("BEGIN"):
            began = monotonic()
        elif statement.startswith("COMMIT"):
            held.append(monotonic() - began)

    connection.ensure_connection()
    connection.connection.set_trace_callback(watch)
    pruner = Pruner()
    while pruner.step(NOW):
        pass
    connection.connection.set_trace_callback(None)
    assert not Inbound.objects.exists()
    assert len(held) > 3
    assert sorted(held)[len(held) // 2] < 0.05, held


def test_the_command_removes_everything_that_is_due(capsys: pytest.CaptureFixture[str], settings) -> None:
    settings.LOG_RETENTION_DAYS = 30
    Inbound.objects.create(source_name="acme", received_at=datetime(2020, 1, 1, tzinfo=UTC), status="ignored")
    call_command("prune")
    assert not Inbound.objects.exists()
    out, err = capsys.readouterr()
    assert out == ""
    assert "inbounds: 1" in err
