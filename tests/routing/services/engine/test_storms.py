"""Storms: what is folded, what the digest says, and what its end means for those folded into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from integrations.contract import Severity
from routing.models import Attempt, Delivery
from routing.services.engine import digests, storms, waiting
from routing.services.engine.joining import Joining
from tests.routing.services.engine.conftest import BAD_SIGNATURE, answer
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db
REFUSED = answer(code=11246, msg="Failed to create card content, ErrCode: 200621")


@pytest.fixture
def team(make_target):
    return make_target("team", limits=(5, 100))


def end_all(clock):
    """What the chores do after a digest has ended."""
    for digest in digests.ended():
        after = 0
        while after is not None:
            after = digests.end_members(digest, clock(), after=after)


def by_status():
    return {
        status: Delivery.objects.filter(message_type="alert", status=status).count()
        for status in Delivery.objects.filter(message_type="alert").values_list("status", flat=True)
    }


def storm(team, clock, amount=30, **columns):
    return [
        store(team, key=f"issue-{number}", project="web" if number % 3 else "shop", now=clock(), **columns)
        for number in range(amount)
    ]


def a_digest_waits(team, clock, turner, amount):
    """One digest was just told, and so many alerts are folded into the next one."""
    storm(team, clock, 30)
    turner.turn()
    end_all(clock)
    clock.advance(seconds=1)
    storm(team, clock, amount)
    turner.turn()


def test_more_than_twenty_are_folded_into_one_message_with_exact_counts(team, clock, bots, turner):
    storm(team, clock, 30)
    turner.turn()
    end_all(clock)
    digest = Delivery.objects.get(message_type="digest")
    assert digest.status == "delivered"
    assert len(bots.told("team")) == 1
    assert digest.message["total"] == 30
    assert digest.message["per_project"] == [["web", 20], ["shop", 10]]
    assert len(digest.message["alerts"]) == 10
    assert digest.message["alerts"][0]["link"] == "https://sentry.example/issue-0/"
    members = Delivery.objects.filter(digest=digest)
    assert members.count() == 30
    assert set(members.values_list("status", "reason", "finished_at")) == {("delivered", "in_digest", clock())}
    assert set(members.values_list("thread__is_open", flat=True)) == {True}


def test_twenty_are_sent_one_by_one(team, clock, turner):
    storm(team, clock, 20)
    turner.turn()
    assert not Delivery.objects.filter(message_type="digest").exists()
    assert Attempt.objects.count() == 1


def test_a_few_are_folded_when_the_last_would_wait_too_long(make_target, clock, turner):
    slow = make_target("slow", limits=(0, 6))
    storm(slow, clock, 4)
    turner.turn()
    assert Delivery.objects.get(message_type="digest").message["total"] == 4


def test_a_target_without_limits_is_told_everything_one_by_one(make_target, clock, turner):
    fast = make_target("fast", limits=(0, 0))
    storm(fast, clock, 30)
    turner.work()
    assert not Delivery.objects.filter(message_type="digest").exists()
    assert by_status() == {"delivered": 30}


def test_critical_alerts_go_alone_and_first(team, clock, bots, turner):
    storm(team, clock, 30)
    store(team, key="loud", severity=Severity.CRITICAL, now=clock())
    for _ in range(8):
        turner.turn()
        clock.advance(seconds=0.3)
    assert ["Error loud" in body for body in bots.told("team")] == [True, False]
    assert Delivery.objects.get(alert_key="loud").digest is None


def test_too_many_critical_alerts_are_folded_as_critical(team, clock, bots, turner):
    storm(team, clock, 30, severity=Severity.CRITICAL)
    turner.turn()
    digest = Delivery.objects.get(message_type="digest")
    assert (digest.severity, digest.message["total"]) == ("critical", 30)


def test_a_critical_alert_does_not_wait_for_a_digest_in_its_line(team, clock, bots, turner):
    storm(team, clock, 30)
    louder = store(team, key="issue-7", severity=Severity.CRITICAL, now=clock())
    for _ in range(8):
        turner.turn()
        clock.advance(seconds=0.3)
    louder.refresh_from_db()
    assert louder.status == "delivered"
    assert Delivery.objects.get(message_type="digest").message["total"] == 29


def test_what_stands_in_line_behind_a_folded_firing_is_folded_with_it(team, clock, turner):
    for _ in range(25):
        store(team, key="the-one", now=clock())
    turner.turn()
    end_all(clock)
    digest = Delivery.objects.get(message_type="digest")
    assert digest.message["total"] == 25
    assert digest.message["alerts"] == [
        {
            "title": "Error the-one",
            "project_slug": "web",
            "severity": "warning",
            "link": "https://sentry.example/the-one/",
            "count": 25,
        }
    ]
    assert by_status() == {"delivered": 25}


def rows_changed_in_each_transaction() -> Iterator[list[int]]:
    """How many rows each transaction changed that changed any."""
    counted: list[int] = []

    def count(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith(("BEGIN", "SAVEPOINT")):
            counted.append(0)
        elif sql.startswith("UPDATE"):
            counted[-1] += context["cursor"].rowcount
        return result

    with connection.execute_wrapper(count):
        yield counted


counting = contextmanager(rows_changed_in_each_transaction)
OF_ITS_OWN = 5
"""Rows that a step changes beside those that it folds or ends."""


def test_a_storm_is_folded_and_ended_in_small_steps(team, clock, turner):
    storm(team, clock, 3 * storms.CHUNK + 10)
    with counting() as folded:
        turner.turn()
        while Delivery.objects.filter(digest__isnull=True, due_at__lte=clock(), message_type="alert").exists():
            turner.turn()
    with counting() as ended:
        end_all(clock)
    assert by_status() == {"delivered": 3 * storms.CHUNK + 10}
    assert max(folded) <= storms.CHUNK + OF_ITS_OWN
    assert max(ended) <= storms.CHUNK + OF_ITS_OWN
    assert len([rows for rows in ended if rows]) >= 4


def test_what_joins_a_waiting_digest_joins_in_small_steps(team, clock, turner):
    a_digest_waits(team, clock, turner, 30)
    for _ in range(2 * storms.CHUNK + 5):
        store(team, key="issue-5", now=clock())
    with counting() as joined:
        step = Joining().step
        assert [step(clock()) for _ in range(4)] == [storms.CHUNK, storms.CHUNK, 5, 0]
    assert max(joined) <= storms.CHUNK + OF_ITS_OWN


def test_a_recovery_is_not_folded_and_comes_after_the_digest(team, clock, bots, turner):
    storm(team, clock, 30)
    recovery = store(team, key="issue-3", resolved=True, now=clock())
    again = store(team, key="issue-3", now=clock())
    turner.turn()
    recovery.refresh_from_db()
    again.refresh_from_db()
    assert (recovery.due_at, recovery.digest, again.digest) == (None, None, None)
    end_all(clock)
    clock.advance(seconds=1)
    turner.turn()
    recovery.refresh_from_db()
    assert recovery.status == "delivered"
    assert "恢复" in bots.told("team")[-1]


def test_while_a_digest_waits_new_alerts_join_it(team, clock, bots, turner):
    a_digest_waits(team, clock, turner, 25)
    store(team, key="late", now=clock())
    clock.advance(seconds=1)
    turner.turn()
    waits = Delivery.objects.get(message_type="digest", status="pending")
    assert waits.due_at == clock() + timedelta(seconds=3)
    assert Delivery.objects.filter(digest=waits).count() == 26
    assert len(bots.told("team")) == 1
    clock.advance(seconds=4)
    turner.turn()
    waits.refresh_from_db()
    assert (waits.status, waits.message["total"]) == ("delivered", 26)


def test_what_comes_to_stand_behind_folded_firings_may_join_their_digest(team, clock, turner):
    storm(team, clock, 30)
    turner.dispatcher.claim = lambda: None
    (queue,) = storms.outbox.queues()
    from routing.selectors.known_targets import known_target

    storms.fold(queue, known_target(team), clock())
    behind = store(team, key="issue-5", now=clock())
    resolved = store(team, key="issue-5", resolved=True, now=clock())
    joining = Joining()
    assert joining.step(clock()) == 1
    assert joining.step(clock()) == 0
    behind.refresh_from_db()
    resolved.refresh_from_db()
    assert behind.digest is not None
    assert resolved.digest is None


def test_what_a_digest_cannot_tell_keeps_its_place_behind_the_folded(team, clock, turner):
    a_digest_waits(team, clock, turner, 30)
    joins = store(team, key="issue-5", now=clock())
    louder = store(team, key="issue-5", now=clock(), severity=Severity.CRITICAL)
    after = store(team, key="issue-5", now=clock())
    elsewhere = store(team, key="issue-6", resolved=True, now=clock())
    again = store(team, key="issue-6", now=clock())
    joining = Joining()
    while joining.step(clock()):
        pass
    found = {}
    for delivery in (joins, louder, after, elsewhere, again):
        delivery.refresh_from_db()
        found[delivery.pk] = delivery.digest is not None
    assert list(found.values()) == [True, False, False, False, False]


def test_what_came_in_unseen_joins_at_the_second_look(team, clock, turner):
    a_digest_waits(team, clock, turner, 30)
    early, later = store(team, key="issue-5", now=clock()), store(team, key="issue-6", now=clock())
    Delivery.objects.filter(pk=early.pk).update(status="sending")
    joining = Joining()
    assert joining.step(clock()) == 1
    Delivery.objects.filter(pk=early.pk).update(status="pending")
    assert joining.step(clock()) == 0
    clock.advance(seconds=10)
    assert joining.step(clock()) == 1
    assert Delivery.objects.filter(pk__in=[early.pk, later.pk], digest__isnull=False).count() == 2


def test_few_that_come_while_a_digest_waits_are_folded_together(team, clock, turner):
    a_digest_waits(team, clock, turner, 25)
    for number in range(3):
        store(team, key=f"late-{number}", now=clock())
        turner.turn()
    late = Delivery.objects.filter(alert_key__startswith="late-")
    assert set(late.values_list("digest", "status")) == {(None, "pending")}
    clock.advance(seconds=0.25)
    with counting() as folded:
        turner.turn()
    assert late.filter(digest__isnull=False).count() == 3
    assert len([rows for rows in folded if rows]) == 1


def test_a_digest_that_is_refused_for_what_it_says_swallows_nothing(team, clock, bots, turner):
    bots.will("team", REFUSED, REFUSED)
    storm(team, clock, 30)
    for _ in range(3):
        turner.turn()
        clock.advance(seconds=0.3)
    assert Delivery.objects.get(message_type="digest").status == "dead"
    end_all(clock)
    for _ in range(80):
        turner.turn()
        clock.advance(seconds=0.7)
    assert by_status() == {"delivered": 30}
    assert Delivery.objects.filter(message_type="digest").count() == 1


def test_a_target_that_takes_nothing_takes_no_member_either(make_target, clock, bots, turner):
    duty = make_target("duty")
    team = make_target("team", limits=(5, 100), fallback=duty)
    bots.will("team", BAD_SIGNATURE)
    storm(team, clock, 30)
    turner.turn()
    end_all(clock)
    members = Delivery.objects.filter(message_type="alert")
    assert set(members.values_list("status", "reason", "fallback_at")) == {("dead", "bad_signature", clock())}


def test_a_digest_that_expires_lets_its_members_go(team, clock, turner):
    storm(team, clock, 30)
    type(team).objects.update(enabled=False)
    clock.advance(seconds=1)
    type(team).objects.update(enabled=True)
    (queue,) = storms.outbox.queues()
    from routing.selectors.known_targets import known_target

    storms.fold(queue, known_target(team), clock())
    Delivery.objects.filter(message_type="digest").update(expires_at=clock())
    waiting.expire(clock())
    end_all(clock)
    assert Delivery.objects.filter(message_type="alert", digest=None, due_at=clock()).count() == 30


def test_a_member_that_expires_leaves_its_digest(team, clock, turner):
    members = storm(team, clock, 30)
    (queue,) = storms.outbox.queues()
    from routing.selectors.known_targets import known_target

    storms.fold(queue, known_target(team), clock())
    Delivery.objects.filter(pk=members[0].pk).update(expires_at=clock())
    waiting.expire(clock())
    turner.turn()
    members[0].refresh_from_db()
    assert (members[0].status, members[0].digest) == ("expired", None)
    assert Delivery.objects.get(message_type="digest").message["total"] == 29


def test_digests_keep_their_distance(team, clock, bots, turner):
    for second in range(40):
        for number in range(10):
            store(team, key=f"issue-{second}-{number}", now=clock())
        for _ in range(2):
            turner.turn()
            end_all(clock)
            clock.advance(seconds=0.5)
    for _ in range(70):
        turner.turn()
        end_all(clock)
        clock.advance(seconds=0.5)
    assert by_status() == {"delivered": 400}
    counted = [digest.message["total"] for digest in Delivery.objects.filter(message_type="digest")]
    alone = Delivery.objects.filter(message_type="alert", reason="").count()
    assert sum(counted) + alone == 400
    assert len(bots.told("team")) == len(counted) + alone
    assert 2 <= len(counted) <= 4
