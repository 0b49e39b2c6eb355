from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.policy.specs import SilenceSpec, WindowSpec
from routing.policy.windows import current_or_next_end, is_open, silence_end, silence_holds
from tests.routing.policy.reference import window_is_open
from tests.routing.policy.strategies import windows

EVERY_DAY = frozenset(range(7))
BERLIN, NEW_YORK, SHANGHAI = "Europe/Berlin", "America/New_York", "Asia/Shanghai"


def at(zone, year, month, day, hour, minute=0, fold=0):
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize(
    ("window", "now", "expected"),
    [
        # Wednesday in Shanghai begins at 16:00 UTC on Tuesday.
        (WindowSpec(frozenset({2}), None, None, SHANGHAI), datetime(2026, 3, 3, 16, tzinfo=UTC), True),
        (WindowSpec(frozenset({2}), None, None, SHANGHAI), datetime(2026, 3, 3, 15, 59, tzinfo=UTC), False),
        (WindowSpec(frozenset({2}), time(9), time(18), SHANGHAI), at(SHANGHAI, 2026, 3, 4, 9), True),
        (WindowSpec(frozenset({2}), time(9), time(18), SHANGHAI), at(SHANGHAI, 2026, 3, 4, 18), False),
        (WindowSpec(frozenset({2}), time(9), time(18), SHANGHAI), at(SHANGHAI, 2026, 3, 5, 10), False),
        # Across midnight the window belongs to the day it starts on.
        (WindowSpec(frozenset({0}), time(23), time(2), SHANGHAI), at(SHANGHAI, 2026, 3, 2, 23), True),
        (WindowSpec(frozenset({0}), time(23), time(2), SHANGHAI), at(SHANGHAI, 2026, 3, 3, 1, 59), True),
        (WindowSpec(frozenset({0}), time(23), time(2), SHANGHAI), at(SHANGHAI, 2026, 3, 3, 2), False),
        (WindowSpec(frozenset({0}), time(23), time(2), SHANGHAI), at(SHANGHAI, 2026, 3, 2, 1), False),
        (WindowSpec(frozenset({6}), time(23), time(2), SHANGHAI), at(SHANGHAI, 2026, 3, 2, 1), True),
        # From and to alike: a whole day from that time on.
        (WindowSpec(frozenset({2}), time(9), time(9), SHANGHAI), at(SHANGHAI, 2026, 3, 5, 8, 59), True),
        (WindowSpec(frozenset({2}), time(9), time(9), SHANGHAI), at(SHANGHAI, 2026, 3, 5, 9), False),
        # Berlin skips 02:00 to 03:00 on 29 March 2026.
        (WindowSpec(EVERY_DAY, time(2, 15), time(2, 45), BERLIN), datetime(2026, 3, 29, 1, tzinfo=UTC), False),
        (WindowSpec(EVERY_DAY, time(2, 30), time(4), BERLIN), datetime(2026, 3, 29, 1, tzinfo=UTC), True),
        # New York repeats 01:00 to 02:00 on 1 November 2026.
        (WindowSpec(EVERY_DAY, time(1), time(2), NEW_YORK), at(NEW_YORK, 2026, 11, 1, 1, 30), True),
        (WindowSpec(EVERY_DAY, time(1), time(2), NEW_YORK), at(NEW_YORK, 2026, 11, 1, 1, 30, fold=1), True),
        (WindowSpec(EVERY_DAY, time(1), time(2), NEW_YORK), at(NEW_YORK, 2026, 11, 1, 2), False),
    ],
)
def test_a_window_is_open_while_the_clock_on_the_wall_is_inside_it(window, now, expected):
    assert is_open(window, now) is expected


@pytest.mark.parametrize(
    ("window", "now", "end"),
    [
        # Open: its own end. Closed: the end of the next one.
        (
            WindowSpec(frozenset({2}), time(9), time(18), SHANGHAI),
            at(SHANGHAI, 2026, 3, 4, 10),
            at(SHANGHAI, 2026, 3, 4, 18),
        ),
        (
            WindowSpec(frozenset({2}), time(9), time(18), SHANGHAI),
            at(SHANGHAI, 2026, 3, 4, 18),
            at(SHANGHAI, 2026, 3, 11, 18),
        ),
        (
            WindowSpec(frozenset({0}), time(23), time(2), SHANGHAI),
            at(SHANGHAI, 2026, 3, 1, 12),
            at(SHANGHAI, 2026, 3, 3, 2),
        ),
        # Days that touch are one window.
        (
            WindowSpec(frozenset({5, 6}), None, None, SHANGHAI),
            at(SHANGHAI, 2026, 3, 7, 12),
            at(SHANGHAI, 2026, 3, 9, 0),
        ),
        (
            WindowSpec(frozenset({0, 1}), time(9), time(9), SHANGHAI),
            at(SHANGHAI, 2026, 3, 2, 12),
            at(SHANGHAI, 2026, 3, 4, 9),
        ),
        # The night in which Berlin goes back: 23:00 to 04:00 lasts six hours.
        (
            WindowSpec(EVERY_DAY, time(23), time(4), BERLIN),
            datetime(2026, 10, 24, 21, tzinfo=UTC),
            datetime(2026, 10, 25, 3, tzinfo=UTC),
        ),
        # The night in which it goes forward: four hours.
        (
            WindowSpec(EVERY_DAY, time(23), time(4), BERLIN),
            datetime(2026, 3, 28, 22, tzinfo=UTC),
            datetime(2026, 3, 29, 2, tzinfo=UTC),
        ),
        # The end that Berlin skips is the moment at which it goes forward.
        (
            WindowSpec(EVERY_DAY, time(23), time(2, 30), BERLIN),
            datetime(2026, 3, 28, 22, tzinfo=UTC),
            datetime(2026, 3, 29, 1, tzinfo=UTC),
        ),
        # The end that Berlin repeats comes twice, and so does the window.
        (
            WindowSpec(EVERY_DAY, time(1), time(2, 30), BERLIN),
            datetime(2026, 10, 25, 0, 10, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ),
        (
            WindowSpec(EVERY_DAY, time(1), time(2, 30), BERLIN),
            datetime(2026, 10, 25, 1, 10, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        ),
        # The only window of the week is skipped: the one of the week after.
        (
            WindowSpec(frozenset({6}), time(2, 15), time(2, 45), BERLIN),
            datetime(2026, 3, 23, tzinfo=UTC),
            datetime(2026, 4, 5, 0, 45, tzinfo=UTC),
        ),
        (WindowSpec(EVERY_DAY, None, None, BERLIN), datetime(2026, 3, 28, tzinfo=UTC), None),
        (WindowSpec(EVERY_DAY, time(7), time(7), BERLIN), datetime(2026, 3, 28, tzinfo=UTC), None),
        (WindowSpec(frozenset(), None, None, BERLIN), datetime(2026, 3, 28, tzinfo=UTC), None),
    ],
)
def test_the_end_of_the_present_or_next_window(window, now, end):
    assert current_or_next_end(window, now) == end


moments = st.one_of(
    # Around the changes of Berlin and New York in 2026, and anywhere else in that year.
    *[
        st.datetimes(centre - timedelta(days=2), centre + timedelta(days=2), timezones=st.just(UTC))
        for centre in (datetime(2026, 3, 8), datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 11, 1))  # noqa: DTZ001
    ],
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)


@given(window=windows(), now=moments)
def test_a_window_is_open_exactly_when_the_plain_calculation_says_so(window, now):
    assert is_open(window, now) is window_is_open(window, now)


@settings(max_examples=60, deadline=None)
@given(window=windows(), now=moments)
@example(window=WindowSpec(EVERY_DAY, time(2, 30), time(3, 30), BERLIN), now=datetime(2026, 10, 24, 23, tzinfo=UTC))
def test_the_end_is_the_first_moment_at_which_an_open_window_is_closed(window, now):
    end = current_or_next_end(window, now)
    assert end is None or end > now
    moment, was_open = now, is_open(window, now)
    limit = end if end is not None else now + timedelta(days=9)
    step = timedelta(minutes=15)
    moment = now - timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond) + step
    while moment < limit:
        now_open = is_open(window, moment)
        assert not (was_open and not now_open), moment
        was_open, moment = now_open, moment + step
    if end is not None:
        assert is_open(window, end - timedelta(microseconds=1))
        assert not is_open(window, end)


def test_a_moment_without_zone_is_refused():
    window = WindowSpec(EVERY_DAY, None, None, "UTC")
    with pytest.raises(ValueError, match="aware"):
        is_open(window, datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="aware"):
        current_or_next_end(window, datetime(2026, 1, 1))  # noqa: DTZ001


START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - timedelta(microseconds=1), False),
        (START, True),
        (END - timedelta(microseconds=1), True),
        (END, False),
    ],
)
def test_a_silence_from_to_holds_from_its_start_up_to_its_end(now, expected):
    silence = SilenceSpec(id=1, name="s", when=(), starts_at=START, ends_at=END)
    assert silence_holds(silence, now) is expected
    assert silence_end(silence, now) == END


def test_a_weekly_silence_holds_while_its_window_is_open():
    silence = SilenceSpec(id=1, name="s", when=(), weekly=WindowSpec(frozenset({3}), time(1), time(2), "UTC"))
    assert silence_holds(silence, datetime(2026, 1, 1, 1, 30, tzinfo=UTC))
    assert not silence_holds(silence, datetime(2026, 1, 1, 2, 30, tzinfo=UTC))
    assert silence_end(silence, START) == datetime(2026, 1, 1, 2, tzinfo=UTC)
