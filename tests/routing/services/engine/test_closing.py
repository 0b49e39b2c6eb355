"""Closing alerts by hand: quietly, or with a recovery that the target reads as one."""

import pytest
import time_machine

from routing.models import AuditEntry, Delivery, Thread
from routing.selectors.recent import course_of_log, last_alerts
from routing.services.acts.closing import close_thread, close_threads
from tests.routing.calls import FORWARD
from tests.routing.calls import make_target as configured_target
from tests.routing.services.engine.conftest import BAD_SIGNATURE, FAILING
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db


@pytest.fixture
def close(clock):
    """Close one thread at the time of the engine's clock."""

    def at_that_time(thread: Thread, **how):
        with time_machine.travel(clock(), tick=False):
            return close_thread(thread, actor="me", **how)

    return at_that_time


def thread_of(target) -> Thread:
    return Thread.objects.get(target=target)


@pytest.fixture
def told(team, clock, turner):
    """A target that was told of a problem."""
    store(team, now=clock())
    turner.work()
    return thread_of(team)


def test_nobody_is_told_unless_asked(team, told, bots, turner, close):
    closing = close(told, note="fixed by hand")
    assert closing is not None
    assert closing.recovery is None
    assert not thread_of(team).is_open
    assert turner.work() == 0
    entry = AuditEntry.objects.get(action="close_thread")
    assert (entry.actor, entry.object_id, entry.detail) == ("me", str(told.pk), {"told": None, "note": "fixed by hand"})


def test_with_a_recovery_the_target_reads_that_it_is_over_and_not_that_it_is_late(told, bots, turner, clock, close):
    clock.advance(days=3)
    closing = close(told, tell=True)
    assert closing is not None
    turner.work()
    closing.recovery.refresh_from_db()
    assert (closing.recovery.status, closing.recovery.sequence, closing.recovery.round) == ("delivered", 2, 1)
    said = bots.told("team")[-1]
    assert "的异常已恢复" in said
    assert "延迟送达" not in said
    assert '"template":"green"' in said


def test_the_recovery_waits_behind_what_is_still_to_be_said(team, clock, bots, turner, close):
    bots.will("team", FAILING)
    store(team, now=clock())
    turner.turn()
    closing = close(thread_of(team), tell=True)
    assert closing is not None
    assert closing.recovery.due_at is None
    clock.advance(seconds=1)
    turner.work()
    assert ["恢复" in body for body in bots.told("team")] == [False, False, True]


def test_who_never_heard_of_the_problem_is_not_told_that_it_is_over(team, clock, bots, turner, close):
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock())
    turner.work()
    closing = close(thread_of(team), tell=True)
    assert closing is not None
    assert closing.recovery is None


def test_a_target_that_takes_only_sentrys_own_calls_cannot_be_told(clock, close):
    forward = configured_target("duty", kind="flashduty", url=FORWARD + "k")
    store(forward, now=clock(), status="delivered", finished_at=clock(), due_at=None)
    closing = close(thread_of(forward), tell=True)
    assert closing is not None
    assert closing.recovery is None
    assert not thread_of(forward).is_open


def test_what_is_closed_is_left_alone(told):
    assert len(close_threads([told, told], actor="me", tell=True)) == 1
    assert Delivery.objects.filter(sentry_status="resolved").count() == 1
    assert AuditEntry.objects.count() == 1


def test_a_firing_after_it_opens_a_new_round(team, told, clock, close):
    close(told)
    store(team, now=clock())
    assert (thread_of(team).is_open, thread_of(team).round) == (True, 2)


def test_what_a_person_closed_is_no_word_of_the_rules(told, close):
    before = course_of_log(last_alerts(10))
    close(told, tell=True)
    assert course_of_log(last_alerts(10)) == before
