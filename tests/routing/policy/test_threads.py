from datetime import timedelta

import pytest

from integrations.contract import DROP, SentryStatus, Severity
from routing.policy.specs import TargetVerdict
from routing.policy.threads import NEW_THREAD, is_untold, open_round, store_firing, store_recovery
from tests.routing.policy.making import NOW

CRITICAL, WARNING, TRIGGERED = SentryStatus.CRITICAL, SentryStatus.WARNING, SentryStatus.TRIGGERED


def verdict(severity=Severity.WARNING, **given):
    return TargetVerdict(target=1, severity=severity, **{"recovery_severity": Severity.OK, **given})


def fired(thread, made=None, **given):
    usual = {
        "status": TRIGGERED,
        "target_enabled": True,
        "supported": True,
        "round_untold": False,
        "now": NOW,
    }
    return store_firing(thread, made or verdict(), **{**usual, **given})


def recovered(thread, **given):
    step = store_recovery(thread, **{"round_untold": False, **given})
    assert step is not None
    return step


OPEN = fired(NEW_THREAD).thread


def test_a_firing_opens_the_thread_and_notes_what_the_target_is_told():
    step = fired(NEW_THREAD, verdict(Severity.CRITICAL, recovery_severity=DROP))
    assert (step.reason, step.severity) == ("", Severity.CRITICAL)
    thread = step.thread
    assert (thread.is_open, thread.round) == (True, 1)
    assert (thread.last_status, thread.last_severity, thread.last_fired_at) == (TRIGGERED, Severity.CRITICAL, NOW)
    assert thread.recovery_severity == DROP


def test_firing_again_stays_in_the_round_and_firing_after_a_recovery_begins_a_new_one():
    again = fired(OPEN).thread
    assert again.round == 1
    closed = recovered(again).thread
    assert (closed.is_open, closed.round) == (False, 1)
    assert fired(closed).thread.round == 2


def test_a_metric_alert_from_critical_over_warning_to_resolved_is_one_round():
    critical = fired(NEW_THREAD, verdict(Severity.CRITICAL), status=CRITICAL)
    warning = fired(critical.thread, verdict(repeat_minutes=60), status=WARNING)
    assert warning.reason == ""
    step = recovered(warning.thread)
    assert (step.thread.round, step.thread.is_open, step.severity, step.reason) == (1, False, Severity.OK, "")


@pytest.mark.parametrize(
    ("given", "made", "reason"),
    [
        ({"target_enabled": False}, verdict(), "target_disabled"),
        ({"supported": False}, verdict(), "unsupported_by_mode"),
        ({}, verdict(DROP), "dropped"),
        ({}, verdict(silence=3), "silenced"),
        ({}, verdict(repeat_minutes=30), "repeated"),
        # The first reason that applies is the one that is named.
        ({"target_enabled": False, "supported": False}, verdict(DROP, silence=3, repeat_minutes=30), "target_disabled"),
        ({"supported": False}, verdict(DROP, silence=3, repeat_minutes=30), "unsupported_by_mode"),
        ({}, verdict(DROP, silence=3, repeat_minutes=30), "dropped"),
        ({}, verdict(silence=3, repeat_minutes=30), "silenced"),
    ],
)
def test_what_is_held_back_names_its_reason_and_leaves_the_thread_as_it_was(given, made, reason):
    step = fired(OPEN, made, now=NOW + timedelta(minutes=10), **given)
    assert (step.reason, step.severity) == (reason, made.severity)
    assert step.thread == OPEN


def test_a_silence_with_the_number_nought_is_a_silence():
    assert fired(NEW_THREAD, verdict(silence=0)).reason == "silenced"


def test_repeats_are_held_back_for_the_window_and_then_told_once():
    made = verdict(repeat_minutes=30)
    thread, told = NEW_THREAD, []
    for minute in range(0, 95, 5):
        step = fired(thread, made, now=NOW + timedelta(minutes=minute))
        thread = step.thread
        told += [minute] if not step.reason else []
    assert told == [0, 30, 60, 90]


def test_a_louder_firing_passes_and_so_does_one_after_a_recovery():
    made = verdict(repeat_minutes=30)
    soon = NOW + timedelta(minutes=1)
    assert fired(OPEN, verdict(Severity.CRITICAL, repeat_minutes=30), now=soon).reason == ""
    closed = recovered(OPEN).thread
    assert fired(closed, made, now=soon).reason == ""


def test_a_firing_after_ones_that_never_arrived_is_no_repeat():
    assert fired(OPEN, verdict(repeat_minutes=30), round_untold=True).reason == ""


def test_the_choice_for_the_recovery_is_that_of_the_last_firing_told():
    told = fired(OPEN, verdict(recovery_severity=DROP)).thread
    assert told.recovery_severity == DROP
    held = fired(OPEN, verdict(recovery_severity=DROP, silence=1)).thread
    assert held.recovery_severity is Severity.OK


def test_a_recovery_of_a_thread_that_is_not_open_goes_nowhere():
    assert store_recovery(NEW_THREAD, round_untold=False) is None
    closed = recovered(OPEN).thread
    assert store_recovery(closed, round_untold=False) is None


@pytest.mark.parametrize(
    ("recovery", "given", "reason"),
    [
        (Severity.OK, {}, ""),
        (DROP, {}, "dropped"),
        (Severity.OK, {"supported": False}, "unsupported_by_mode"),
        (DROP, {"round_untold": True, "supported": False}, "never_told"),
    ],
)
def test_a_recovery_closes_the_thread_whatever_becomes_of_its_message(recovery, given, reason):
    thread = fired(NEW_THREAD, verdict(recovery_severity=recovery)).thread
    step = recovered(thread, **given)
    assert (step.reason, step.severity, step.thread.is_open) == (reason, recovery, False)


def test_a_summary_or_a_fallbacks_copy_opens_a_round_too():
    def opened(thread):
        return open_round(thread, status=TRIGGERED, severity=Severity.WARNING, recovery_severity=Severity.OK, now=NOW)

    assert opened(NEW_THREAD) == OPEN
    assert opened(OPEN).round == 1


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([], False),
        (["dead"], True),
        (["dead", "expired", "cancelled"], True),
        (["dead", "delivered"], False),
        (["dead", "pending"], False),
        (["sending"], False),
    ],
)
def test_a_round_is_untold_when_every_firing_of_it_ended_without_being_told(ends, expected):
    assert is_untold(ends) is expected
