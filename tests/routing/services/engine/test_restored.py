"""A database out of a backup: what it holds of deliveries is some days old."""

import pytest

from routing.models import Delivery
from routing.services.engine import waiting
from tests.routing.services.engine.storage import store
from tests.routing.services.engine.test_claiming import claim

pytestmark = pytest.mark.django_db


def test_what_waited_for_longer_than_a_day_ends_unsent_half_sent_or_not(team, clock, bots, turner):
    for number in range(30):
        store(team, key=f"issue-{number}", now=clock())
    claim(clock, "gone.1", amount=10)
    clock.advance(days=3)
    assert turner.work() == 0
    while waiting.expire(clock()):
        pass
    assert turner.work() == 0
    assert bots.calls == []
    assert set(Delivery.objects.values_list("status", flat=True)) == {"expired"}


def test_what_is_younger_is_sent_once_more_and_marked_where_it_had_begun(team, clock, bots, turner):
    half = store(team, now=clock())
    claim(clock, "gone.1")
    whole = store(team, key="issue-2", now=clock())
    clock.advance(hours=5)
    turner.work()
    half.refresh_from_db()
    whole.refresh_from_db()
    assert (half.status, half.maybe_duplicate) == ("delivered", True)
    assert (whole.status, whole.maybe_duplicate) == ("delivered", False)
    assert len(bots.told("team")) == 2
