"""Fallbacks: who is told instead, once, and with the recovery."""

from datetime import timedelta

import pytest

from integrations.contract import Severity
from routing.models import Delivery, Thread
from routing.services.engine import fallbacks, waiting
from tests.routing.services.engine.conftest import BAD_SIGNATURE, FAILING
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db


@pytest.fixture
def duty(make_target):
    return make_target("duty", title="值班群")


@pytest.fixture
def team(make_target, duty):
    return make_target("team", title="交易组", fallback=duty)


def of(target):
    return list(Delivery.objects.filter(target=target).order_by("id"))


def test_the_fallback_of_a_dead_delivery_is_told_at_once(team, duty, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    dead = store(team, now=clock())
    turner.work()
    assert fallbacks.tell_due(clock()) == 1
    turner.work()
    (copy,) = of(duty)
    assert (copy.status, copy.reason, copy.fallback_of) == ("delivered", "late_copy", dead)
    assert copy.inbound == dead.inbound
    assert "交易组" in bots.told("duty")[0]


def test_a_fallback_is_told_once(team, duty, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock(), fallback_minutes=10)
    turner.work()
    clock.advance(hours=1)
    assert fallbacks.tell_due(clock()) == 1
    assert fallbacks.tell_due(clock()) == 0
    Delivery.objects.filter(target=team).update(fallback_at=clock())
    assert fallbacks.tell_due(clock()) == 1
    assert len(of(duty)) == 1


def test_what_is_late_is_said_to_the_fallback_while_the_original_keeps_trying(team, duty, clock, bots, turner):
    bots.will("team", *[FAILING] * 9)
    late = store(team, now=clock(), fallback_minutes=10)
    turner.work()
    clock.advance(minutes=9, seconds=59)
    assert fallbacks.tell_due(clock()) == 0
    clock.advance(seconds=1)
    assert fallbacks.tell_due(clock()) == 1
    late.refresh_from_db()
    assert (late.status, late.fallback_at) == ("pending", None)
    assert [copy.fallback_of for copy in of(duty)] == [late]


def test_what_was_delivered_in_time_is_not_said_to_the_fallback(team, duty, clock, turner):
    store(team, now=clock(), fallback_minutes=10)
    turner.work()
    clock.advance(hours=1)
    assert fallbacks.tell_due(clock()) == 0
    assert of(duty) == []


def test_a_fallback_has_no_fallback(team, duty, make_target, clock, bots, turner):
    duty.fallback = make_target("third")
    duty.save()
    bots.will("team", BAD_SIGNATURE)
    bots.will("duty", BAD_SIGNATURE)
    store(team, now=clock())
    turner.work()
    fallbacks.tell_due(clock())
    turner.work()
    assert [copy.status for copy in of(duty)] == ["dead"]
    assert fallbacks.tell_due(clock()) == 0


def test_an_expired_delivery_is_said_to_the_fallback(team, duty, clock):
    store(team, now=clock())
    clock.advance(hours=24)
    waiting.expire(clock())
    fallbacks.tell_due(clock())
    assert len(of(duty)) == 1


def test_the_fallbacks_thread_opens_so_that_it_gets_the_recovery(team, duty, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock(), severity=Severity.CRITICAL)
    turner.work()
    fallbacks.tell_due(clock())
    thread = Thread.objects.get(target=duty)
    assert (thread.is_open, thread.round, thread.last_severity) == (True, 1, "critical")
    assert (thread.environment, thread.project_slug, thread.title) == ("production", "web", "Error issue-1")


def test_the_fallback_gets_a_recovery_that_waits_already_in_order(team, duty, clock, bots, turner):
    bots.will("team", *[FAILING] * 9)
    firing = store(team, now=clock(), fallback_minutes=2)
    recovery = store(team, now=clock(), resolved=True)
    turner.work()
    clock.advance(minutes=2)
    fallbacks.tell_due(clock())
    turner.work()
    assert [(copy.fallback_of, copy.sentry_status, copy.status, copy.sequence) for copy in of(duty)] == [
        (firing, "triggered", "delivered", 1),
        (recovery, "resolved", "delivered", 2),
    ]
    assert not Thread.objects.get(target=duty).is_open
    assert ["恢复" in body for body in bots.told("duty")] == [False, True]


def test_the_fallback_hears_the_end_of_what_the_target_was_never_told(team, duty, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock())
    recovery = store(team, now=clock(), resolved=True)
    turner.work()
    recovery.refresh_from_db()
    assert recovery.reason == "never_told"
    fallbacks.tell_due(clock())
    turner.work()
    assert [copy.sentry_status for copy in of(duty)] == ["triggered", "resolved"]


def test_a_recovery_that_nobody_wants_only_closes_the_fallbacks_thread(team, duty, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock())
    turner.work()
    dropped = {"status": "suppressed", "reason": "dropped", "finished_at": clock(), "due_at": None}
    store(team, now=clock(), resolved=True, **dropped)
    fallbacks.tell_due(clock())
    assert [copy.sentry_status for copy in of(duty)] == ["triggered"]
    assert not Thread.objects.get(target=duty).is_open


def test_a_recovery_that_dies_is_not_said_to_who_never_heard_of_the_problem(team, duty, clock, bots, turner):
    store(team, now=clock())
    turner.work()
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock(), resolved=True)
    turner.work()
    assert fallbacks.tell_due(clock()) == 0


def test_old_news_is_not_said_after_newer(team, duty, clock, bots, turner):
    bots.will("team", *[FAILING] * 20)
    store(team, now=clock(), fallback_minutes=10)
    store(team, now=clock(), resolved=True)
    newer = store(team, now=clock(), severity=Severity.CRITICAL, fallback_minutes=2)
    turner.work()
    clock.advance(minutes=2)
    fallbacks.tell_due(clock())
    clock.advance(minutes=8)
    fallbacks.tell_due(clock())
    assert [copy.fallback_of for copy in of(duty)] == [newer]
    assert Thread.objects.get(target=duty).is_open


def test_a_copy_stands_in_line_behind_what_the_fallback_has_still_to_be_told(team, duty, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    bots.will("duty", FAILING)
    original = store(team, now=clock())
    own = store(duty, now=clock(), inbound=original.inbound)
    turner.work()
    fallbacks.tell_due(clock())
    assert turner.work() == 0
    clock.advance(seconds=1)
    turner.work()
    assert [(each.pk == own.pk, each.status) for each in of(duty)] == [(True, "delivered"), (False, "delivered")]


def test_a_disabled_fallback_is_noted_but_not_told(team, duty, clock, bots, turner):
    duty.enabled = False
    duty.save()
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock())
    turner.work()
    fallbacks.tell_due(clock())
    (copy,) = of(duty)
    assert (copy.status, copy.reason) == ("suppressed", "target_disabled")
    assert not Thread.objects.get(target=duty).is_open


def test_a_recovery_stored_while_its_firing_was_being_copied_is_found(team, duty, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    store(team, now=clock())
    turner.work()
    fallbacks.tell_due(clock())
    store(team, now=clock(), resolved=True)
    assert fallbacks.tell_missed_recoveries(clock()) == 1
    assert fallbacks.tell_missed_recoveries(clock()) == 0
    assert [copy.sentry_status for copy in of(duty)] == ["triggered", "resolved"]
    assert not Thread.objects.get(target=duty).is_open


def test_a_persons_resend_is_not_said_to_the_fallback(team, duty, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE, BAD_SIGNATURE)
    dead = store(team, now=clock())
    turner.work()
    fallbacks.tell_due(clock())
    store(team, now=clock(), resend_of=dead)
    turner.work()
    assert fallbacks.tell_due(clock()) == 0


def test_the_fallback_time_of_a_finished_delivery_passes_without_a_word(team, duty, clock):
    ended = {"status": "cancelled", "finished_at": clock(), "due_at": None}
    store(team, now=clock(), fallback_at=clock() - timedelta(seconds=1), **ended)
    fallbacks.tell_due(clock())
    assert of(duty) == []
    assert not Delivery.objects.filter(fallback_at__isnull=False).exists()
