from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given

from routing.policy.errors import WindowError
from routing.policy.specs import WindowSpec
from routing.policy.window_json import parse_moment, parse_range, parse_timezone, parse_window, window_to_json
from tests.routing.policy.strategies import windows

FULL = {"days": ["mon", "tue"], "from": "09:00", "to": "18:30", "timezone": "Asia/Shanghai"}


def parsed(value):
    return parse_window(value, "active", default_timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ({}, None),
        (FULL, WindowSpec(frozenset({0, 1}), time(9), time(18, 30), "Asia/Shanghai")),
        (
            {"from": "23:00", "to": "2:00"},
            WindowSpec(frozenset(range(7)), time(23), time(2), "Europe/Berlin"),
        ),
        ({"days": ["sun"]}, WindowSpec(frozenset({6}), None, None, "Europe/Berlin")),
        ({"from": "08:00", "to": "24:00"}, WindowSpec(frozenset(range(7)), time(8), time(0), "Europe/Berlin")),
    ],
)
def test_a_window_is_read(value, expected):
    assert parsed(value) == expected


@given(window=windows())
def test_writing_and_reading_again_gives_the_same_window(window):
    assert parsed(window_to_json(window)) == window


def test_days_are_written_from_monday_on():
    assert window_to_json(WindowSpec(frozenset({6, 0}), None, None, "UTC")) == {
        "days": ["mon", "sun"],
        "timezone": "UTC",
    }


@pytest.mark.parametrize(
    ("value", "path", "advice"),
    [
        ("weekdays", "active", "{days, from, to, timezone}"),
        ({**FULL, "until": "x"}, "active", "unknown key 'until'"),
        ({**FULL, "to": 1080}, "active.to", "quote it"),
        ({**FULL, "from": 540.0}, "active.from", "quote it"),
        ({**FULL, "from": "25:00"}, "active.from", "no time of day"),
        ({**FULL, "from": "9"}, "active.from", "no time of day"),
        ({**FULL, "from": "9:60"}, "active.from", "no time of day"),
        ({**FULL, "from": "9:5"}, "active.from", "no time of day"),
        ({**FULL, "from": "24:30"}, "active.from", "no time of day"),
        ({**FULL, "from": "nine"}, "active.from", "no time of day"),
        ({**FULL, "from": "٠٩:٠٠"}, "active.from", "no time of day"),
        ({**FULL, "from": ""}, "active.from", "no time of day"),
        ({"days": ["mon"], "from": "09:00"}, "active", "both from and to"),
        ({"days": ["mon"], "to": "09:00"}, "active", "both from and to"),
        ({**FULL, "days": []}, "active.days", "list of days"),
        ({**FULL, "days": "mon"}, "active.days", "list of days"),
        ({**FULL, "days": ["monday"]}, "active.days", "mon, tue"),
        ({**FULL, "days": [1]}, "active.days", "mon, tue"),
        ({**FULL, "timezone": "Shanghai"}, "active.timezone", "Asia/Shanghai"),
        ({**FULL, "timezone": "../etc/passwd"}, "active.timezone", "unknown time zone"),
        ({**FULL, "timezone": "Asia"}, "active.timezone", "unknown time zone"),
        ({**FULL, "timezone": 8}, "active.timezone", "unknown time zone"),
    ],
)
def test_a_window_that_cannot_be_used_is_refused_with_its_place_and_what_to_do(value, path, advice):
    with pytest.raises(WindowError) as caught:
        parsed(value)
    assert caught.value.path == path
    assert advice in caught.value.text.en
    assert caught.value.text.zh


def test_a_time_zone_is_known_or_refused():
    assert parse_timezone("America/New_York", "timezone") == "America/New_York"
    with pytest.raises(WindowError):
        parse_timezone("", "timezone")


CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-01T00:00:00+08:00", datetime(2026, 1, 1, tzinfo=CHINA)),
        ("2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read(value, expected):
    assert parse_moment(value, "from") == expected


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "2026-01-01", "2026-01-01T00:00:00", datetime(2026, 1, 1), 1767225600],  # noqa: DTZ001
)
def test_a_moment_without_an_offset_is_refused(value):
    with pytest.raises(WindowError, match="offset"):
        parse_moment(value, "silences[0].from")


def test_a_range_ends_after_it_starts():
    start, end = "2026-01-01T00:00:00+08:00", "2026-01-01T02:00:00+08:00"
    assert parse_range(start, end, "silences[0]") == (parse_moment(start, ""), parse_moment(end, ""))
    for wrong in (start, "2025-12-31T15:00:00Z"):
        with pytest.raises(WindowError, match="after the start") as caught:
            parse_range(start, wrong, "silences[0]")
        assert caught.value.path == "silences[0].to"
