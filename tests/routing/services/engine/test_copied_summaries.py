"""A summary that its target could not be told in time: the fallback's threads open as the target's did."""

import pytest

from routing.models import Delivery, Thread
from routing.services.acts.closing import close_thread
from routing.services.engine import fallbacks
from tests.routing.services.engine.conftest import BAD_SIGNATURE
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db

LISTING = {"title": {"en": "over", "zh": "已结束"}, "total": 3, "per_project": [["web", 3]], "alerts": [], "lines": []}


@pytest.fixture
def duty(make_target):
    return make_target("duty")


@pytest.fixture
def team(make_target, duty):
    return make_target("team", fallback=duty)


@pytest.fixture
def summary(team, clock, bots, turner):
    """A summary of two problems, one of them held back twice, that died on its way."""
    bots.will("team", BAD_SIGNATURE)
    made = Delivery.objects.create(
        target=team, target_name="team", kind="feishu", message_type="summary", message=LISTING, severity="critical",
        alert_key="summary-1", created_at=clock(), due_at=clock(),
    )  # fmt: skip
    held = {"status": "suppressed", "reason": "silenced", "finished_at": clock(), "due_at": None, "summary": made}
    for key, severity in (("one", "warning"), ("two", "critical"), ("one", "warning")):
        store(team, now=clock(), key=key, severity=severity, **held)
    turner.work()
    return made


def open_at(target) -> list[str]:
    return sorted(Thread.objects.filter(target=target, is_open=True).values_list("alert_key", flat=True))


def resolved(target) -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(target=target, sentry_status="resolved").order_by("id")
    return list(rows.values_list("alert_key", "reason"))


def test_the_fallbacks_threads_open_so_that_it_gets_the_recoveries(duty, summary, clock, turner, bots):
    assert fallbacks.tell_due(clock()) == 1
    turner.work()
    assert Delivery.objects.get(fallback_of=summary).status == "delivered"
    assert open_at(duty) == ["one", "two"]
    thread = Thread.objects.get(target=duty, alert_key="two")
    assert (thread.round, thread.last_severity, thread.title, thread.project_slug) == (
        1,
        "critical",
        "Error two",
        "web",
    )


def test_a_recovery_that_has_come_meanwhile_is_told_and_closes_its_thread(team, duty, summary, clock, turner, bots):
    store(team, now=clock(), key="one", resolved=True)
    fallbacks.tell_due(clock())
    turner.work()
    assert (open_at(duty), resolved(duty)) == (["two"], [("one", "late_copy")])
    assert "恢复" in bots.told("duty")[-1]


def test_what_was_closed_by_hand_meanwhile_stays_closed(team, duty, summary, clock):
    close_thread(Thread.objects.get(target=team, alert_key="one"), actor="me")
    fallbacks.tell_due(clock())
    assert (open_at(duty), resolved(duty)) == (["two"], [])


def test_what_is_open_at_the_fallback_already_goes_on_as_it_is(duty, summary, clock):
    own = store(duty, now=clock(), key="one", severity="critical")
    before = Thread.objects.get(target=duty, alert_key="one")
    fallbacks.tell_due(clock())
    after = Thread.objects.get(target=duty, alert_key="one")
    assert (after.round, after.opened_at, after.next_sequence) == (before.round, before.opened_at, own.sequence + 1)
    assert open_at(duty) == ["one", "two"]


def test_a_disabled_fallback_opens_nothing(duty, summary, clock):
    duty.enabled = False
    duty.save()
    fallbacks.tell_due(clock())
    assert open_at(duty) == []


def test_a_recovery_stored_while_the_summary_was_being_copied_is_found(team, duty, summary, clock):
    fallbacks.tell_due(clock())
    store(team, now=clock(), key="two", resolved=True)
    assert fallbacks.tell_missed_recoveries(clock()) == 1
    assert fallbacks.tell_missed_recoveries(clock()) == 0
    assert (open_at(duty), resolved(duty)) == (["one"], [("two", "late_copy")])


def test_a_later_round_of_the_fallback_is_not_ended_by_an_old_recovery(team, duty, summary, clock):
    fallbacks.tell_due(clock())
    store(team, now=clock(), key="two", resolved=True)
    fallbacks.tell_missed_recoveries(clock())
    clock.advance(minutes=1)
    store(duty, now=clock(), key="two")
    Thread.objects.filter(target=duty, alert_key="two").update(opened_at=clock())
    assert fallbacks.tell_missed_recoveries(clock()) == 0
    assert open_at(duty) == ["one", "two"]
