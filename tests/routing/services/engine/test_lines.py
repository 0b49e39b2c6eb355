"""Order within a thread: what waits behind what, and what becomes of it when the one before ends."""

from datetime import timedelta

import pytest

from integrations.contract import Severity
from routing.models import Delivery
from routing.services.engine import lines, waiting
from tests.routing.services.engine.conftest import BAD_SIGNATURE, FAILING
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db


def statuses():
    return list(Delivery.objects.order_by("id").values_list("status", flat=True))


def test_a_recovery_never_overtakes_its_firing(team, clock, bots, turner):
    bots.will("team", FAILING)
    store(team, now=clock())
    recovery = store(team, now=clock(), resolved=True)
    store(team, key="another", now=clock())
    turner.work()
    recovery.refresh_from_db()
    assert (recovery.status, recovery.due_at) == ("pending", None)
    clock.advance(seconds=1)
    turner.work()
    told = ["恢复" in body for body in bots.told("team") if "issue-1" in body]
    assert told == [False, False, True]


def test_a_louder_alert_of_the_same_problem_waits_for_its_turn(team, clock, bots, turner):
    bots.will("team", FAILING)
    store(team, now=clock())
    louder = store(team, now=clock(), severity=Severity.CRITICAL)
    turner.work()
    louder.refresh_from_db()
    assert louder.due_at is None


def test_a_delivery_that_expires_gives_the_next_one_its_turn(team, clock, bots, turner):
    bots.will("team", FAILING)
    first = store(team, now=clock())
    turner.work()
    clock.advance(hours=1)
    second = store(team, now=clock())
    clock.advance(hours=23)
    assert waiting.expire(clock()) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.reason, first.due_at) == ("expired", "server_error", None)
    assert second.due_at == clock()


def test_what_expires_without_an_attempt_says_why(team, make_target, clock, turner):
    never_tried, behind = store(team, now=clock()), store(team, now=clock(), resolved=True)
    copy = store(team, key="issue-2", now=clock(), reason="late_copy")
    paused = store(make_target("off", enabled=False), now=clock())
    clock.advance(hours=24)
    waiting.expire(clock())
    found = {}
    for delivery in (never_tried, behind, copy, paused):
        delivery.refresh_from_db()
        found[delivery.pk] = (delivery.status, delivery.reason)
    assert found == {
        never_tried.pk: ("expired", "expired"),
        behind.pk: ("expired", "expired"),
        copy.pk: ("expired", "expired"),
        paused.pk: ("expired", "target_disabled"),
    }


def test_what_expired_is_not_sent_even_before_it_is_swept(team, clock, bots, turner):
    store(team, now=clock())
    clock.advance(hours=24)
    assert turner.work() == 0
    assert bots.calls == []


def test_what_is_being_sent_is_not_expired_under_its_sender(team, clock):
    store(team, now=clock() - timedelta(hours=24), status="sending", claim="x", due_at=clock() + timedelta(seconds=3))
    assert waiting.expire(clock()) == 0
    clock.advance(seconds=3)
    assert waiting.expire(clock()) == 1
    assert Delivery.objects.get().attempts.get().outcome == "lost"


def test_a_recovery_of_what_was_never_told_is_cancelled(team, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock())
    recovery = store(team, now=clock(), resolved=True)
    turner.work()
    recovery.refresh_from_db()
    assert (recovery.status, recovery.reason, recovery.finished_at) == ("cancelled", "never_told", clock())
    assert len(bots.calls) == 1


def test_a_recovery_is_sent_when_any_firing_of_its_round_was_told(team, clock, bots, turner):
    store(team, now=clock())
    turner.work()
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock())
    recovery = store(team, now=clock(), resolved=True)
    turner.work()
    recovery.refresh_from_db()
    assert recovery.status == "delivered"


def test_what_was_told_in_an_earlier_round_does_not_count(team, clock, bots, turner):
    store(team, now=clock())
    store(team, now=clock(), resolved=True)
    turner.work()
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock())
    store(team, now=clock(), resolved=True)
    after = store(team, now=clock())
    turner.work()
    assert statuses() == ["delivered", "delivered", "dead", "cancelled", "delivered"]
    after.refresh_from_db()
    assert after.status == "delivered"


@pytest.mark.parametrize(("end", "status"), [("dead", "cancelled"), ("delivered", "delivered")])
def test_a_firing_that_was_summed_up_after_a_silence_was_told_when_the_summary_was(team, clock, turner, end, status):
    ended = {"due_at": None, "finished_at": clock()}
    summary = store(team, key="summary", now=clock(), message_type="summary", status=end, **ended)
    store(team, now=clock(), status="suppressed", reason="silenced", summary=summary, **ended)
    store(team, now=clock(), status="dead", **ended)
    recovery = store(team, now=clock(), resolved=True, due_at=None, created_at=clock() - timedelta(minutes=1))
    waiting.free_stragglers(clock())
    turner.work()
    recovery.refresh_from_db()
    assert recovery.status == status


def test_what_was_forgotten_in_its_line_gets_its_turn(team, clock):
    forgotten = store(team, now=clock(), due_at=None)
    behind = store(team, now=clock(), resolved=True)
    clock.advance(seconds=11)
    assert waiting.free_stragglers(clock()) == 1
    forgotten.refresh_from_db()
    behind.refresh_from_db()
    assert (forgotten.due_at, behind.due_at) == (clock(), None)
    assert waiting.free_stragglers(clock()) == 0


def test_a_line_whose_first_is_due_already_is_left_as_it_is(team, clock):
    later = clock() + timedelta(minutes=5)
    first = store(team, now=clock(), due_at=later)
    store(team, now=clock(), resolved=True)
    assert lines.advance({first.thread_id}, clock()) == 0
    first.refresh_from_db()
    assert first.due_at == later
