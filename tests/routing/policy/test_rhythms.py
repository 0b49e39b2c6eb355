"""The learned rhythm: it notices a silence that is odd for its hour, and never cries for what is rare or new."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from routing.policy.rhythms import KEPT, Rhythm, heard, usual_silence

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, tzinfo=ZONE)


def poisson(start: datetime, end: datetime, mean: timedelta, random: Random) -> Iterator[datetime]:
    """Webhooks at random moments."""
    at = start
    while (at := at + mean * random.expovariate(1)) < end:
        yield at


def office_hours(moments: Iterable[datetime]) -> Iterator[datetime]:
    """Only those on weekdays from nine to eight in the evening."""
    return (at for at in moments if at.weekday() < 5 and 9 <= at.hour < 20)


def learned(moments: Iterable[datetime], since: datetime = MONDAY) -> Rhythm:
    rhythm = Rhythm(since)
    for at in moments:
        rhythm = heard(rhythm, at, ZONE)
    return rhythm


def false_alarms(moments: Iterable[datetime], since: datetime = MONDAY) -> int:
    """How often a silence that ended by itself would have been cried out."""
    rhythm, cries = Rhythm(since), 0
    for at in moments:
        usual = usual_silence(rhythm, at, ZONE)
        if usual is not None and rhythm.last_at is not None and at - rhythm.last_at > usual:
            cries += 1
        rhythm = heard(rhythm, at, ZONE)
    return cries


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("mean", "hours"), [(10, True), (10, False), (45, True), (120, False), (600, False), (3000, True)]
)
def test_it_never_cries_for_a_natural_rhythm(mean, hours, seed):
    moments = poisson(MONDAY, MONDAY + timedelta(days=60), timedelta(minutes=mean), Random(seed))
    assert false_alarms(office_hours(moments) if hours else moments) == 0


@pytest.mark.parametrize(
    ("mean", "stops", "within"),
    [
        (5, timedelta(days=29, hours=11), timedelta(hours=3)),  # a Tuesday before noon
        (5, timedelta(days=32, hours=11), timedelta(hours=3)),  # a Friday before noon
        (1, timedelta(days=29, hours=15), timedelta(hours=1)),
        (5, timedelta(days=29, hours=19, minutes=55), timedelta(hours=27)),  # the evening: the night is usual
    ],
)
def test_it_notices_when_what_came_all_day_stops(mean, stops, within):
    moments = poisson(MONDAY, MONDAY + stops, timedelta(minutes=mean), Random(1))
    rhythm = learned(office_hours(moments))
    usual = usual_silence(rhythm, MONDAY + stops, ZONE)
    assert usual is not None
    assert timedelta(minutes=30) <= usual <= within


@pytest.mark.parametrize(
    ("days", "mean"),
    [
        (7, 5),  # too new
        (60, 1440 * 2),  # every other day
        (60, 300),  # five a day: rare
    ],
)
def test_it_says_nothing_of_what_is_new_or_rare(days, mean):
    moments = poisson(MONDAY, MONDAY + timedelta(days=days), timedelta(minutes=mean), Random(2))
    assert usual_silence(learned(moments), MONDAY + timedelta(days=days), ZONE) is None


def test_it_says_nothing_of_one_burst():
    burst = [MONDAY + timedelta(seconds=second) for second in range(500)]
    assert usual_silence(learned(burst), MONDAY + timedelta(days=20), ZONE) is None


def test_an_outage_does_not_teach_it_to_sleep():
    moments = list(office_hours(poisson(MONDAY, MONDAY + timedelta(days=30), timedelta(minutes=5), Random(3))))
    began = MONDAY + timedelta(days=22, hours=11)
    broken = [at for at in moments if not began <= at < began + timedelta(hours=7)]
    upto = [at for at in broken if at < MONDAY + timedelta(days=29, hours=11)]
    usual = usual_silence(learned(upto), upto[-1], ZONE)
    assert usual is not None
    assert usual < timedelta(hours=3)


def test_what_is_older_than_three_weeks_is_forgotten():
    rhythm = learned([MONDAY + timedelta(hours=hour) for hour in range(24 * 60)])
    assert len(rhythm.days) == KEPT.days
    assert rhythm.last_at == MONDAY + timedelta(hours=24 * 60 - 1)


def test_one_that_comes_out_of_order_makes_no_gap_and_takes_no_time_back():
    rhythm = learned([MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=1)])
    assert rhythm.last_at == MONDAY + timedelta(hours=2)
    assert [(day.count, sum(day.gaps)) for day in rhythm.days.values()] == [(2, 0)]


def test_hours_are_those_of_the_zone():
    rhythm = learned([datetime(2026, 3, 2, 17, 30, tzinfo=UTC), datetime(2026, 3, 2, 18, 0, 30, tzinfo=UTC)])
    (day,) = rhythm.days.items()
    assert (str(day[0]), day[1].gaps[1]) == ("2026-03-03", 31)
