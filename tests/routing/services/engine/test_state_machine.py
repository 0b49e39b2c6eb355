"""The life of deliveries under any order of events: two workers, crashes, jumps of time, every kind of answer."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from integrations.contract import Outcome, OutcomeKind, Reason
from routing.models import Attempt, Delivery, Target, Thread
from routing.services.delivering import Result
from routing.services.engine import fallbacks, waiting
from routing.services.engine.flights import Flights
from routing.services.engine.lookout import Lookout
from routing.services.setup import targets
from tests.routing.services.engine.conftest import Clock
from tests.routing.services.engine.storage import store

SENT = Outcome(kind=OutcomeKind.SENT)
ANSWERS = [
    SENT,
    Outcome(kind=OutcomeKind.RETRY, reason=Reason.SERVER_ERROR),
    Outcome(kind=OutcomeKind.RETRY, reason=Reason.TIMEOUT),
    Outcome(kind=OutcomeKind.RETRY, reason=Reason.RATE_LIMITED, retry_after=7.0),
    Outcome(kind=OutcomeKind.SIMPLIFY, reason=Reason.CONTENT_REFUSED),
    Outcome(kind=OutcomeKind.REJECTED, reason=Reason.BAD_SIGNATURE, broken=True),
]
UNFINISHED = {"pending", "sending"}


class Deliveries(RuleBasedStateMachine):
    """Every rule is something that happens to a relay; every invariant is something that we promise."""

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.clock = Clock()
        self.flying = {"a": [], "b": []}
        self.lookout = Lookout()
        self.ends = {}

    @initialize()
    def make_targets(self):
        Target.objects.all().delete()
        self.duty, self.team = self.make("duty"), self.make("team")
        Target.objects.filter(pk=self.team.pk).update(fallback=self.duty)
        self.workers = {name: self.worker(name) for name in self.flying}

    def make(self, name):
        target = Target(name=name, kind="feishu")
        url = f"https://open.feishu.cn/open-apis/bot/v2/hook/{name:-<16}"
        targets.assign(target, {"webhook_url": url, "limits": {"per_second": 0, "per_minute": 0}})
        target.save()
        return target

    def worker(self, name):
        return Flights(key=name, clock=self.clock, jitter=lambda: 0.0)

    @rule(key=st.sampled_from(["one", "two"]), resolved=st.booleans())
    def receive(self, key, resolved):
        thread = Thread.objects.filter(target=self.team, alert_key=key).first()
        if not resolved or (thread and thread.is_open):
            minutes = None if resolved else 10
            store(self.team, now=self.clock(), key=key, resolved=resolved, fallback_minutes=minutes)

    @rule(name=st.sampled_from(["a", "b"]), amount=st.integers(1, 4))
    def claim(self, name, amount):
        self.workers[name].release_unsent()
        wishes, known, _ = self.lookout.ready(self.clock())
        wishes = [wish.__class__(wish.queue, wish.known, amount) for wish in wishes]
        jobs = self.workers[name].begin(wishes, known, self.clock()) if wishes else []
        for job in jobs:
            older = Delivery.objects.filter(thread=job.row.thread, pk__lt=job.row.id, finished_at__isnull=True)
            assert not older.exists(), "a delivery overtakes an older one of its thread"
        self.flying[name] += jobs

    @precondition(lambda self: any(self.flying.values()))
    @rule(name=st.sampled_from(["a", "b"]), answer=st.sampled_from(ANSWERS))
    def come_back(self, name, answer):
        if self.flying[name]:
            job = self.flying[name].pop(0)
            before = Delivery.objects.get(pk=job.row.id)
            self.workers[name].settle([Result(job=job, outcome=answer, started_at=self.clock())])
            if before.claim != job.claim:
                after = Delivery.objects.get(pk=job.row.id)
                assert (after.status, after.claim, after.due_at) == (before.status, before.claim, before.due_at)

    @rule(name=st.sampled_from(["a", "b"]))
    def crash(self, name):
        self.flying[name] = []
        self.workers[name] = self.worker(f"{name}{len(self.ends)}{self.clock().timestamp():.0f}")

    @rule(seconds=st.sampled_from([1, 4, 6, 61, 700, 4000, 50_000]))
    def pass_time(self, seconds):
        self.clock.advance(seconds=seconds)

    @rule()
    def do_chores(self):
        """All but the search for stragglers: nothing may come to depend on being found by it."""
        fallbacks.tell_due(self.clock())
        waiting.expire(self.clock())
        fallbacks.tell_missed_recoveries(self.clock())

    @rule(key=st.sampled_from(["one", "two"]), answer=st.sampled_from(ANSWERS))
    def return_from_the_dead(self, key, answer):
        """A worker sleeps past its lease, another one takes over, and the first one wakes with a result."""
        self.receive(key, resolved=False)
        self.claim("a", 4)
        self.pass_time(seconds=6)
        self.claim("b", 4)
        self.come_back("a", answer)

    @rule(key=st.sampled_from(["one", "two"]))
    def outlive(self, key):
        """What is first in line expires while a younger one stands behind it."""
        self.receive(key, resolved=False)
        self.pass_time(seconds=50_000)
        self.receive(key, resolved=False)
        self.pass_time(seconds=50_000)
        self.do_chores()

    @rule(key=st.sampled_from(["one", "two"]))
    def flap_at_a_target_that_refuses(self, key):
        """A firing dies with its recovery and the next firing behind it."""
        for resolved in (False, True, False):
            self.receive(key, resolved)
        self.claim("a", 4)
        while self.flying["a"]:
            self.come_back("a", ANSWERS[-1])

    @rule(enabled=st.booleans())
    def switch(self, enabled):
        Target.objects.filter(pk=self.team.pk).update(enabled=enabled)

    @invariant()
    def what_has_ended_stays_ended(self):
        found = dict(Delivery.objects.filter(finished_at__isnull=False).values_list("pk", "status"))
        assert self.ends.items() <= found.items()
        self.ends = found

    @invariant()
    def what_ended_without_being_delivered_says_why(self):
        unwanted = Delivery.objects.filter(finished_at__isnull=False).exclude(status="delivered")
        assert not unwanted.filter(reason="").exists()

    @invariant()
    def nobody_is_forgotten_in_line(self):
        for thread in Thread.objects.all():
            head = Delivery.objects.filter(thread=thread, finished_at__isnull=True).order_by("pk").first()
            assert head is None or head.due_at is not None

    @invariant()
    def attempts_are_numbered_without_gaps(self):
        for delivery in Delivery.objects.all():
            numbers = list(
                Attempt.objects.filter(delivery=delivery).order_by("number").values_list("number", flat=True)
            )
            told = delivery.attempt_count - (delivery.status == "sending")
            assert numbers == list(range(1, told + 1))

    @invariant()
    def only_what_may_have_arrived_twice_is_marked_so(self):
        for delivery in Delivery.objects.filter(maybe_duplicate=True):
            reasons = Attempt.objects.filter(delivery=delivery).values_list("outcome", "reason")
            assert any(outcome == "lost" or reason == "timeout" for outcome, reason in reasons)

    @invariant()
    def each_is_copied_to_the_fallback_once(self):
        copied = list(Delivery.objects.filter(fallback_of__isnull=False).values_list("fallback_of", flat=True))
        assert len(copied) == len(set(copied))

    def teardown(self):
        try:
            if hasattr(self, "workers"):
                self.run_to_the_end()
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    def run_to_the_end(self):
        """With a healthy target, and nobody left but one worker, everything comes to an end by itself."""
        self.flying = {"a": [], "b": []}
        self.workers["a"] = self.worker("last")
        self.switch(enabled=True)
        for _ in range(60):
            self.pass_time(seconds=700)
            self.do_chores()
            self.claim("a", 10)
            while self.flying["a"]:
                self.come_back("a", SENT)
            if not Delivery.objects.filter(status__in=UNFINISHED).exists():
                return
        pytest.fail("some never end")


@pytest.mark.django_db
def test_the_promises_hold_whatever_happens():
    quick = settings(
        max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    run_state_machine_as_test(Deliveries, settings=quick)
