"""Limits, the breaker, and slots: how fast, and who may."""

import itertools
from collections import Counter
from datetime import timedelta

import pytest

from routing.models import Attempt, Delivery
from routing.services.engine.slots import Slots
from tests.routing.services.engine.conftest import BAD_SIGNATURE, FAILING, answer
from tests.routing.services.engine.storage import store

db = pytest.mark.django_db


def run_for(turner, clock, *, seconds, step=0.05):
    """Turn the engine as time passes; returns the moments at which attempts began."""
    for _ in range(round(seconds / step)):
        turner.turn()
        clock.advance(seconds=step)
    return sorted(Attempt.objects.values_list("started_at", flat=True))


def most_within(moments, window):
    return max(sum(start <= other < start + window for other in moments) for start in moments)


@db
def test_a_target_is_never_told_more_than_its_limits_allow(make_target, clock, turner):
    team = make_target(limits=(2, 0))
    for number in range(12):
        store(
            team, key=f"issue-{number}", now=clock(), message_type="operations", message={"title": {"en": "", "zh": ""}}
        )
    moments = run_for(turner, clock, seconds=7)
    assert len(moments) == 12
    assert most_within(moments, timedelta(seconds=1)) <= 2


@db
def test_bots_with_the_same_address_share_one_budget(make_target, clock, bots, turner):
    one, two = make_target("one", limits=(2, 0)), make_target("two", limits=(2, 0))
    digest = one.address_digest
    type(one).objects.update(address_digest=digest)
    for target in (one, two):
        for number in range(4):
            store(target, key=f"issue-{number}", now=clock())
    moments = run_for(turner, clock, seconds=5)
    assert len(moments) == 8
    assert most_within(moments, timedelta(seconds=1)) <= 2


@db
def test_waiting_for_a_slot_is_no_attempt_and_costs_nothing(make_target, clock, turner):
    team = make_target(limits=(1, 0))
    store(team, key="first", now=clock())
    waits = store(team, key="second", now=clock())
    turner.turn()
    waits.refresh_from_db()
    assert (waits.status, waits.attempt_count) == ("pending", 0)
    next_look = turner.dispatcher.claim()
    assert clock() < next_look <= clock() + timedelta(seconds=1.1)
    assert turner.dispatcher.waits_for_slot


@db
def test_after_steady_failure_a_target_is_probed_one_at_a_time(team, clock, bots, turner):
    bots.will("team", *[FAILING] * 200)
    for number in range(30):
        store(team, key=f"issue-{number}", now=clock())
    run_for(turner, clock, seconds=20, step=1)
    team.refresh_from_db()
    assert team.probe_at is not None
    before = Attempt.objects.count()
    opened = clock()
    run_for(turner, clock, seconds=120, step=1)
    probes = sorted(Attempt.objects.filter(started_at__gte=opened).values_list("started_at", flat=True))
    assert Attempt.objects.count() - before <= 8
    assert all(later - earlier >= timedelta(seconds=4) for earlier, later in itertools.pairwise(probes))


@db
def test_a_target_that_works_again_is_told_at_once_what_was_put_off(team, clock, bots, turner):
    bots.will("team", *[FAILING] * 10)
    store(team, now=clock())
    for _ in range(10):
        turner.work()
        clock.now = Delivery.objects.get().due_at
    clock.now -= timedelta(minutes=20)
    team.refresh_from_db()
    assert team.probe_at is not None
    store(team, key="probe", now=clock())
    turner.work()
    assert Delivery.objects.filter(status="delivered").count() == 2
    team.refresh_from_db()
    assert (team.probe_at, team.consecutive_failures, team.last_success_at) == (None, 0, clock())


@db
def test_what_asked_for_a_longer_wait_gets_it_though_the_target_works_again(team, clock, bots, turner):
    bots.will("team", answer(429, {"Retry-After": "600"}, code=99991400))
    asked = store(team, now=clock())
    turner.work()
    clock.advance(seconds=31)
    store(team, key="probe", now=clock())
    turner.work()
    asked.refresh_from_db()
    assert (asked.status, asked.due_at) == ("pending", clock() + timedelta(seconds=569))


@db
def test_failures_of_our_own_are_noted_but_do_not_open_the_breaker(team, clock, bots, turner):
    for number in range(12):
        store(team, key=f"issue-{number}", now=clock(), severity="unheard-of")
        turner.work()
        clock.advance(seconds=1)
    team.refresh_from_db()
    assert (team.probe_at, team.consecutive_failures) == (None, 0)
    assert team.last_failure_reason == "render_failed"


@db
def test_a_permanent_answer_never_opens_the_breaker(team, clock, bots, turner):
    bots.will("team", *[BAD_SIGNATURE] * 30)
    for number in range(30):
        store(team, key=f"issue-{number}", now=clock())
        turner.work()
        clock.advance(seconds=1)
    team.refresh_from_db()
    assert (team.probe_at, team.consecutive_failures) == (None, 0)
    assert team.last_failure_reason == "bad_signature"


@db
def test_one_target_that_fails_does_not_hold_up_another(make_target, clock, bots, make_turner):
    turner = make_turner(slots=8)
    bad, good = make_target("bad"), make_target("good")
    bots.will("bad", *[FAILING] * 100)
    for number in range(20):
        store(bad, key=f"issue-{number}", now=clock())
        store(good, key=f"issue-{number}", now=clock())
    turner.work()
    assert Counter(Delivery.objects.values_list("target_name", "status")) == {
        ("bad", "pending"): 20,
        ("good", "delivered"): 20,
    }


class TestSlots:
    def test_a_target_begins_with_an_eighth_of_the_slots(self):
        assert Slots(64).share([1], now=0.0) == {1: 8}

    def test_a_target_that_answers_quickly_earns_all_slots_but_the_reserve(self):
        slots = Slots(64)
        for delivery in range(200):
            slots.take(1, delivery, now=0.0)
            if delivery:
                slots.give_back(1, delivery - 1, now=0.05)
        assert slots.share([1], now=0.1) == {1: 63}
        for delivery in range(1000, 1063):
            slots.take(1, delivery, now=0.1)
        assert slots.share([1], now=0.1) == {}
        assert slots.share([1, 2], now=0.1) == {2: 8}

    def test_a_target_that_hangs_gets_no_more_than_it_began_with(self):
        slots = Slots(64)
        for delivery in range(8):
            slots.take(1, delivery, now=0.0)
        assert slots.share([1, 2], now=9.0) == {2: 8}

    def test_a_target_that_begins_to_hang_loses_what_it_earned(self):
        slots = Slots(64)
        for delivery in range(41):
            slots.take(1, delivery, now=0.0)
        for delivery in range(20):
            slots.give_back(1, delivery, now=0.1)
        assert slots.share([1], now=0.2) == {1: 7}
        assert slots.share([1], now=2.0) == {}

    def test_what_was_earned_is_forgotten_after_a_while_without_an_answer(self):
        slots = Slots(64)
        for delivery in range(10):
            slots.take(1, delivery, now=0.0)
        for delivery in range(10):
            slots.give_back(1, delivery, now=0.5)
        assert slots.share([1], now=10.4) == {1: 18}
        assert slots.share([1], now=10.5) == {1: 8}

    def test_free_slots_are_dealt_out_in_turn(self):
        slots = Slots(8)
        assert slots.share([1, 2, 3], now=0.0) == {1: 1, 2: 1, 3: 1}
        slots = Slots(16)
        for delivery in range(14):
            slots.take(9, delivery, now=0.0)
        assert slots.share([1, 2, 3], now=0.0) == {1: 2, 2: 1, 3: 1}
