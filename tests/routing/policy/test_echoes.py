"""One cause is told once: what another resource announced just before is held back, and nothing else is."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import SentryStatus, Severity
from routing.policy.repeating import ECHO_WINDOW, is_echo
from routing.policy.severity import loudness
from routing.policy.specs import TargetVerdict
from routing.policy.threads import NEW_THREAD, ThreadState, store_firing, store_recovery
from tests.routing.policy.making import NOW

RESOURCES = ("issue", "event_alert", "legacy", "metric_alert")


def fired(thread, resource, *, at=NOW, severity=Severity.WARNING, siblings=(), round_untold=False, repeat_minutes=0):
    return store_firing(
        thread,
        TargetVerdict(target=1, severity=severity, recovery_severity=Severity.OK, repeat_minutes=repeat_minutes),
        status=SentryStatus.TRIGGERED,
        resource=resource,
        siblings=siblings,
        target_enabled=True,
        supported=True,
        round_untold=round_untold,
        now=at,
    )


TOLD = fired(NEW_THREAD, "issue").thread


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"announced_at": NOW - ECHO_WINDOW + timedelta(seconds=1)}, True),
        ({"announced_at": NOW - ECHO_WINDOW}, False),
        ({"announced_at": NOW + timedelta(minutes=4)}, True),
        ({"announced_at": None}, False),
        ({"announced_by": "event_alert"}, False),
        ({"announced_by": ""}, False),
        ({"resource": ""}, False),
        ({"severity": Severity.INFO}, True),
        ({"severity": Severity.CRITICAL}, False),
        ({"last_severity": Severity.INFO}, False),
        ({"last_severity": None}, False),
    ],
)
def test_an_echo_is_another_resource_not_louder_and_within_the_window(changed, expected):
    usual = {
        "announced_by": "issue",
        "announced_at": NOW - timedelta(seconds=3),
        "resource": "event_alert",
        "severity": Severity.WARNING,
        "last_severity": Severity.WARNING,
        "now": NOW,
    }
    assert is_echo(**{**usual, **changed}) is expected


@pytest.mark.parametrize("order", list(permutations(RESOURCES[:3])))
def test_in_whatever_order_the_resources_come_the_first_is_told_and_the_others_are_not(order):
    thread, reasons = NEW_THREAD, []
    for second, resource in enumerate(order):
        step = fired(thread, resource, at=NOW + timedelta(seconds=second))
        thread = step.thread
        reasons.append(step.reason)
    assert reasons == ["", "repeated", "repeated"]
    assert (thread.announced_by, thread.announced_at) == (order[0], NOW)


def test_an_echo_says_until_when_and_of_what_and_leaves_the_thread_as_it_was():
    step = fired(TOLD, "event_alert", at=NOW + timedelta(seconds=2))
    assert (step.reason, step.held_until, step.echo_of) == ("repeated", NOW + ECHO_WINDOW, TOLD)
    assert step.thread == TOLD


def test_the_same_resource_fires_again_as_ever():
    assert fired(TOLD, "issue", at=NOW + timedelta(seconds=2)).reason == ""


def test_a_louder_one_passes_and_is_what_is_echoed_from_then_on():
    louder = fired(TOLD, "event_alert", severity=Severity.CRITICAL).thread
    assert (louder.announced_by, louder.round) == ("event_alert", 1)
    assert fired(louder, "issue", severity=Severity.CRITICAL).reason == "repeated"


def test_after_a_recovery_the_next_round_is_told_whoever_announces_it():
    over = store_recovery(TOLD, round_untold=False)
    assert over is not None
    assert fired(over.thread, "event_alert").reason == ""


def test_what_never_arrived_is_not_echoed():
    assert fired(TOLD, "event_alert", round_untold=True).reason == ""


def test_news_and_tests_are_told_and_are_not_what_the_next_one_echoes():
    news = fired(TOLD, "", at=NOW + timedelta(seconds=1))
    assert news.reason == ""
    assert (news.thread.announced_by, news.thread.announced_at) == ("issue", NOW)
    assert fired(fired(NEW_THREAD, "").thread, "event_alert").reason == ""


def test_the_window_of_a_rule_still_counts_and_is_the_longer_one():
    step = fired(TOLD, "event_alert", at=NOW + timedelta(minutes=10), repeat_minutes=30)
    assert (step.reason, step.held_until, step.echo_of) == ("repeated", NOW + timedelta(minutes=30), None)


@pytest.mark.parametrize(
    ("sibling", "reason"),
    [
        (TOLD, "repeated"),
        (replace(TOLD, is_open=False), ""),
        (replace(TOLD, announced_by="metric_alert"), ""),
        (replace(TOLD, last_severity=Severity.INFO), ""),
    ],
)
def test_the_same_cause_under_another_alert_key_is_an_echo_while_it_is_open(sibling, reason):
    assert fired(NEW_THREAD, "metric_alert", siblings=[sibling]).reason == reason


FIRINGS = st.lists(
    st.tuples(
        st.sampled_from(RESOURCES),
        st.sampled_from([Severity.INFO, Severity.WARNING, Severity.CRITICAL]),
        st.integers(0, 400),
    ),
    max_size=12,
)


@given(FIRINGS)
def test_nothing_is_held_back_but_what_was_told_at_least_as_loudly_by_another_resource_just_before(firings):
    thread: ThreadState = NEW_THREAD
    told = []
    for resource, severity, pause in firings:
        at = (told[-1][2] if told else NOW) + timedelta(seconds=pause)
        step = fired(thread, resource, severity=severity, at=at)
        if step.reason:
            before, loud, then = told[-1]
            assert before != resource
            assert loudness(loud) >= loudness(severity)
            assert at - then < ECHO_WINDOW
        else:
            told.append((resource, severity, at))
        thread = step.thread
    assert bool(told) == bool(firings)
