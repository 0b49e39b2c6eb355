from datetime import timedelta

import pytest

from integrations.contract import DROP, SentryStatus, Severity
from routing.policy.repeating import is_repeat, repeat_ends
from tests.routing.policy.making import NOW

TRIGGERED, WARNING = SentryStatus.TRIGGERED, SentryStatus.WARNING
AGO = {minutes: NOW - timedelta(minutes=minutes) for minutes in (0, 10, 29, 30, 31)}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"last_fired_at": AGO[29]}, True),
        ({"last_fired_at": AGO[30]}, False),
        ({"last_fired_at": AGO[31]}, False),
        ({"repeat_minutes": 0}, False),
        ({"repeat_minutes": 0, "last_fired_at": NOW}, False),
        ({"severity": Severity.INFO}, True),
        ({"severity": DROP}, True),
        ({"severity": Severity.CRITICAL}, False),
        ({"last_severity": Severity.INFO}, False),
        ({"status": WARNING}, False),
        ({"last_status": WARNING}, False),
        ({"last_status": None}, False),
        ({"last_severity": None}, False),
        ({"last_fired_at": None}, False),
        ({"last_fired_at": NOW + timedelta(minutes=29)}, True),
        ({"last_fired_at": NOW + timedelta(minutes=31)}, False),
        ({"last_status": "triggered", "last_severity": "warning"}, True),
    ],
)
def test_a_repeat_is_the_same_status_not_louder_and_within_the_window(changed, expected):
    usual = {
        "status": TRIGGERED,
        "severity": Severity.WARNING,
        "repeat_minutes": 30,
        "last_status": TRIGGERED,
        "last_severity": Severity.WARNING,
        "last_fired_at": AGO[10],
        "now": NOW,
    }
    assert is_repeat(**{**usual, **changed}) is expected


def test_the_log_can_say_until_when():
    assert repeat_ends(repeat_minutes=30, last_fired_at=AGO[10]) == NOW + timedelta(minutes=20)
