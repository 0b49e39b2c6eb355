"""Claims: leases, fencing, and what a dead worker leaves behind."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from integrations.contract import Outcome, OutcomeKind
from routing.models import Attempt, Delivery, Worker
from routing.selectors.known_targets import TargetBook
from routing.services.delivering import Result
from routing.services.engine import claiming, composing, outbox
from routing.services.engine.claiming import LEASE, Wish
from routing.services.engine.presence import Presence, release_of_the_dead
from routing.services.engine.settling import settle
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db

SENT = Outcome(kind=OutcomeKind.SENT)


def claim(clock, token, *, amount=10, live=()):
    """Claim as an engine does, without sending."""
    queues = outbox.queues()
    targets = TargetBook().at(queues[0].stamp)
    wishes = [Wish(queue, targets[queue.target], amount) for queue in queues]
    ids = claiming.claim(wishes, token=token, live=live, now=clock())
    return composing.load(ids, claim=token, targets=targets)


def sent(jobs, clock):
    return [Result(job=job, outcome=SENT, started_at=clock()) for job in jobs]


def test_no_more_is_claimed_than_there_is_room_for(team, clock):
    for number in range(5):
        store(team, key=f"issue-{number}", now=clock())
    assert len(claim(clock, "a.1", amount=3)) == 3
    assert len(claim(clock, "b.1", amount=3)) == 2


def test_a_claim_holds_for_one_lease(team, clock):
    store(team, now=clock())
    assert len(claim(clock, "a.1")) == 1
    clock.advance(seconds=LEASE.total_seconds() - 0.01)
    assert claim(clock, "b.1") == []
    clock.advance(seconds=0.01)
    assert len(claim(clock, "b.1")) == 1


def test_a_lost_attempt_is_written_down_and_its_repeat_marked(team, clock):
    delivery = store(team, now=clock())
    claim(clock, "a.1")
    clock.advance(seconds=5)
    jobs = claim(clock, "b.1")
    settle(sent(jobs, clock), now=clock(), jitter=lambda: 0)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.maybe_duplicate, delivery.attempt_count) == ("delivered", True, 2)
    assert list(Attempt.objects.values_list("number", "outcome")) == [(1, "lost"), (2, "sent")]


def test_a_worker_that_lost_its_claim_changes_nothing(team, clock):
    delivery = store(team, now=clock())
    zombies = claim(clock, "a.1")
    clock.advance(seconds=5)
    claim(clock, "b.1")
    settle(sent(zombies, clock), now=clock(), jitter=lambda: 0)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.claim) == ("sending", "b.1")
    assert list(Attempt.objects.values_list("outcome", flat=True)) == ["lost"]


def test_a_renewed_lease_is_kept_and_a_lost_one_stays_lost(team, clock):
    kept, lost = store(team, key="kept", now=clock()), store(team, key="lost", now=clock())
    claim(clock, "a.1")
    Delivery.objects.filter(pk=lost.pk).update(claim="b.1")
    clock.advance(seconds=4)
    claiming.renew({kept.pk: "a.1", lost.pk: "a.1"}, clock())
    kept.refresh_from_db()
    lost.refresh_from_db()
    assert kept.due_at == clock() + LEASE
    assert lost.due_at == clock() + timedelta(seconds=1)


def test_what_is_under_way_for_long_is_renewed(team, clock, make_turner, monkeypatch):
    monkeypatch.setattr("routing.services.engine.flights.RENEW_SECONDS", -1)
    turner = make_turner()
    delivery = store(team, now=clock())
    turner.dispatcher.claim()
    clock.advance(seconds=3)
    turner.dispatcher.renew()
    delivery.refresh_from_db()
    assert delivery.due_at == clock() + LEASE


def test_a_clock_that_jumps_does_not_make_a_worker_repeat_itself(team, clock):
    store(team, now=clock())
    claim(clock, "a.1")
    clock.advance(hours=1)
    assert claim(clock, "a.2", live={"a.1"}) == []
    assert len(claim(clock, "b.1")) == 1


def test_what_was_claimed_but_not_sent_is_given_back_without_a_trace(team, clock):
    delivery = store(team, now=clock())
    claim(clock, "a.1")
    claiming.release({delivery.pk: "a.1"}, clock())
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count, delivery.claim, delivery.due_at) == ("pending", 0, "", clock())
    assert not Attempt.objects.exists()


def test_a_claim_whose_sending_could_not_begin_is_given_back_at_the_next_turn(team, clock, bots, turner, monkeypatch):
    delivery = store(team, now=clock())
    load = composing.load

    def away(*_args, **_kwargs):
        monkeypatch.setattr(composing, "load", load)
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(composing, "load", away)
    with pytest.raises(OperationalError):
        turner.dispatcher.claim()
    assert turner.work() == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count, delivery.maybe_duplicate) == ("delivered", 1, False)


def test_a_worker_that_starts_frees_what_the_dead_of_its_machine_were_sending(team, clock):
    delivery = store(team, now=clock())
    dead, living = [Presence(engine="embedded", slots=8, clock=clock) for _ in range(2)]
    dead.beat()
    claim(clock, f"{dead.key}.1")
    living.beat()
    assert claim(clock, f"{living.key}.1") == []
    Worker.objects.filter(name=dead.name).update(pid=2**22 + 1)
    assert release_of_the_dead(clock()) == 1
    assert [job.row.id for job in claim(clock, f"{living.key}.2")] == [delivery.pk]
    assert list(Worker.objects.values_list("name", flat=True)) == [living.name]


def test_a_poll_that_finds_nothing_is_one_query_and_takes_no_lock(team, clock, turner):
    store(team, now=clock(), due_at=clock() + timedelta(hours=1))
    turner.dispatcher.claim()
    with CaptureQueriesContext(connection) as captured:
        assert turner.dispatcher.claim() == clock() + timedelta(hours=1)
    (query,) = captured.captured_queries
    assert query["sql"].startswith("SELECT")
