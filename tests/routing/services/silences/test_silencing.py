"""The end of a silence: one summary for each target, of what is still unresolved, and their threads open."""

from datetime import UTC, datetime, timedelta
from threading import Barrier
from threading import Thread as Runner

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from routing.models import Delivery, Silence, Thread
from routing.services.silences import silencing
from tests.routing.calls import FORWARD, make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def silence(name: str = "quiet", **fields) -> Silence:
    """A silence for the next hour."""
    now = timezone.now()
    return Silence.objects.create(name=name, **{"starts_at": now - HOUR, "ends_at": now + HOUR, **fields})


def end(item: Silence) -> datetime:
    """Shorten a silence so that it is over now."""
    Silence.objects.filter(pk=item.pk).update(ends_at=timezone.now())
    return timezone.now()


def summaries() -> list[Delivery]:
    return list(Delivery.objects.filter(message_type="summary").order_by("target_id"))


def test_nothing_is_said_while_the_silence_holds():
    make_source()
    make_rule("all", make_target())
    silence()
    send()
    assert silencing.send_due_summaries(timezone.now()) == 0
    assert not summaries()


def test_each_target_gets_one_summary_with_exact_counts_and_the_loudest_first():
    make_source()
    make_rule("all", make_target(), make_target("duty"), severity={"triggered.fatal": "critical"})
    quiet = silence()
    for issue, level, project in (("1", "error", "web"), ("2", "fatal", "api"), ("1", "error", "web")):
        send(issue_id=issue, level=level, project=project, title=f"issue {issue}")
    now = end(quiet)
    assert silencing.send_due_summaries(now) == 2
    for summary in summaries():
        message = summary.message
        assert (summary.status, summary.due_at, summary.severity, summary.thread) == ("pending", now, "critical", None)
        assert (message["total"], message["per_project"]) == (3, [["web", 2], ["api", 1]])
        assert [(each["title"], each["severity"], each["count"]) for each in message["alerts"]] == [
            ("issue 2", "critical", 1),
            ("issue 1", "warning", 2),
        ]
        assert "quiet" in message["title"]["en"]
        assert "quiet" in message["title"]["zh"]
        assert message["link"].endswith(f"/admin/routing/delivery/{summary.pk}/change/")
        assert summary.summarised.count() == 3
    assert len({summary.alert_key for summary in summaries()}) == 1


def test_it_is_said_exactly_once():
    make_source()
    make_rule("all", make_target())
    quiet = silence()
    send()
    now = end(quiet)
    assert [silencing.send_due_summaries(now) for _ in range(3)] == [1, 0, 0]
    assert len(summaries()) == 1


def test_afterwards_the_recovery_is_told_and_a_repeat_is_a_repeat():
    make_source()
    make_rule("all", make_target(), repeat_minutes=60)
    quiet = silence()
    send(title="Broken", environment="staging")
    silencing.send_due_summaries(end(quiet))
    thread = Thread.objects.get()
    assert (thread.is_open, thread.round, thread.title, thread.environment) == (True, 1, "Broken", "staging")
    assert send().json()["targets"][0]["reason"] == "repeated"
    assert send("issue.resolved").json()["targets"] == [
        {"name": "team", "status": "pending", "reason": "", "severity": "ok"}
    ]


def test_a_recovery_nobody_wanted_stays_unwanted():
    make_source()
    make_rule("all", make_target(), severity={"resolved": "drop"})
    quiet = silence()
    send()
    silencing.send_due_summaries(end(quiet))
    assert send("issue.resolved").json()["targets"][0]["reason"] == "dropped"


def test_when_the_summary_never_arrived_the_recovery_is_cancelled():
    make_source()
    make_rule("all", make_target())
    quiet = silence()
    send()
    silencing.send_due_summaries(end(quiet))
    Delivery.objects.filter(message_type="summary").update(status="dead", finished_at=timezone.now(), due_at=None)
    assert send("issue.resolved").json()["targets"][0]["reason"] == "never_told"


def test_what_was_resolved_meanwhile_is_not_mentioned_and_what_came_back_is():
    make_source()
    make_rule("all", make_target())
    quiet = silence()
    send(issue_id="1")
    send("issue.resolved", issue_id="1")
    send(issue_id="2", title="back")
    send("issue.resolved", issue_id="2")
    send(issue_id="2", title="back")
    silencing.send_due_summaries(end(quiet))
    assert [(each["title"], each["count"]) for each in summaries()[0].message["alerts"]] == [("back", 1)]
    assert not Delivery.objects.filter(awaits_summary=True).exists()


def test_where_all_is_resolved_nothing_is_said():
    make_source()
    make_rule("all", make_target())
    quiet = silence()
    send()
    send("issue.resolved")
    assert silencing.send_due_summaries(end(quiet)) == 0
    assert not summaries()
    assert not Delivery.objects.filter(awaits_summary=True).exists()


def test_what_the_target_was_told_since_is_not_said_again():
    source = make_source()
    make_rule("all", make_target())
    quiet = silence(when=[{"field": "level", "op": "is", "value": "error"}])
    send(level="error")
    send(level="fatal")
    assert silencing.send_due_summaries(end(quiet)) == 0
    assert source


@pytest.mark.parametrize("change", ["deleted", "moved", "shortened"])
def test_a_silence_that_no_longer_holds_is_over_however_it_ended(change):
    make_source()
    make_rule("all", make_target())
    quiet = silence()
    send()
    now = timezone.now()
    if change == "deleted":
        quiet.delete()
    elif change == "moved":
        Silence.objects.update(starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    else:
        end(quiet)
    assert silencing.send_due_summaries(timezone.now()) == 1
    assert summaries()[0].silence_name == "quiet"


def test_a_silence_that_was_prolonged_goes_on():
    make_source()
    make_rule("all", make_target())
    quiet = silence()
    send()
    before = quiet.ends_at
    Silence.objects.update(ends_at=before + HOUR)
    assert silencing.send_due_summaries(before + timedelta(minutes=1)) == 0


def test_a_weekly_window_is_summed_up_when_it_closes():
    make_source()
    make_rule("all", make_target())
    Silence.objects.create(
        name="nightly", weekly={"days": ["mon"], "from": "23:00", "to": "02:00", "timezone": "Asia/Shanghai"}
    )
    with time_machine.travel(datetime(2026, 5, 4, 17, 0, tzinfo=UTC), tick=False):  # Tuesday 01:00 in Shanghai
        send()
        assert silencing.send_due_summaries(timezone.now()) == 0
    with time_machine.travel(datetime(2026, 5, 4, 18, 0, tzinfo=UTC), tick=False):
        assert silencing.send_due_summaries(timezone.now()) == 1


def test_a_silence_that_wants_no_summary_gets_none():
    make_source()
    make_rule("all", make_target())
    quiet = silence(summary=False)
    send()
    assert silencing.send_due_summaries(end(quiet)) == 0
    assert not summaries()
    assert not Delivery.objects.filter(awaits_summary=True).exists()


def test_a_target_that_takes_no_summaries_is_noted_and_its_threads_stay_closed():
    make_source()
    make_rule("all", make_target(kind="flashduty", url=FORWARD + "k"))
    quiet = silence()
    send()
    assert silencing.send_due_summaries(end(quiet)) == 0
    summary = summaries()[0]
    assert (summary.status, summary.reason) == ("suppressed", "unsupported_by_mode")
    assert not Thread.objects.filter(is_open=True).exists()


def test_two_silences_make_two_summaries():
    make_source()
    make_rule("all", make_target())
    first = silence("first", when=[{"field": "project", "op": "is", "value": "web"}])
    second = silence("second", when=[{"field": "project", "op": "is", "value": "api"}])
    send(issue_id="1", project="web")
    send(issue_id="2", project="api")
    assert silencing.send_due_summaries(end(first)) == 1
    assert silencing.send_due_summaries(end(second)) == 1
    assert [summary.silence for summary in Delivery.objects.filter(message_type="summary").order_by("id")] == [
        first,
        second,
    ]


def test_what_another_silence_holds_back_by_now_waits_for_the_end_of_that_one():
    make_source()
    make_rule("all", make_target())
    first = silence("first")
    send(issue_id="1", project="web")
    send(issue_id="2", project="api")
    second = silence("second", when=[{"field": "project", "op": "is", "value": "web"}])
    assert silencing.send_due_summaries(end(first)) == 1
    assert "1 unresolved" in summaries()[0].message["title"]["en"]
    held = Delivery.objects.get(reason="silenced", awaits_summary=True)
    assert (held.project_slug, held.silence, held.silence_name) == ("web", second, "second")
    assert held.held_until == second.ends_at
    assert silencing.send_due_summaries(timezone.now()) == 0
    assert silencing.send_due_summaries(end(second)) == 1


def test_a_silence_without_a_summary_swallows_nothing_of_another():
    make_source()
    make_rule("all", make_target())
    first = silence("first")
    send()
    silence("second", summary=False)
    assert silencing.send_due_summaries(end(first)) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_workers_at_once_say_it_once():
    make_source()
    make_rule("all", make_target())
    quiet = silence()
    send()
    now, barrier = end(quiet), Barrier(4)

    def run() -> None:
        barrier.wait()
        try:
            silencing.send_due_summaries(now)
        finally:
            connections.close_all()

    runners = [Runner(target=run) for _ in range(4)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert len(summaries()) == 1
