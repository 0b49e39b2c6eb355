"""Notices: when the operations target is told that the relay needs a person."""

import pytest

from integrations.contract import Text
from routing.models import Delivery, Notice
from routing.services.engine import waiting
from routing.services.upkeep import notices
from tests.routing.services.engine.conftest import BAD_SIGNATURE, answer
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db
TITLE = Text("Something is wrong", "出了问题")
REMOVED = answer(code=19001, msg="param invalid: incoming webhook access token invalid")


@pytest.fixture
def operations(make_target):
    return make_target("operations", is_operations=True)


def told(operations):
    return list(Delivery.objects.filter(target=operations, message_type="operations").order_by("id"))


def test_a_cause_is_told_at_once_and_again_after_an_hour(operations, clock, bots, turner):
    notices.notify("x:1", TITLE, clock())
    clock.advance(minutes=59)
    notices.notify("x:1", TITLE, clock())
    assert len(told(operations)) == 1
    clock.advance(minutes=1)
    notices.notify("x:1", TITLE, clock())
    assert len(told(operations)) == 2
    turner.work()
    assert ["出了问题" in body for body in bots.told("operations")] == [True, True]
    notice = Notice.objects.get()
    assert (notice.count, notice.told_at, notice.last_at) == (3, clock(), clock())


def test_causes_are_told_independently(operations, clock):
    notices.notify("x:1", TITLE, clock())
    notices.notify("x:2", TITLE, clock())
    assert len(told(operations)) == 2


def test_without_an_operations_target_a_cause_is_noted_and_told_as_soon_as_there_is_one(make_target, clock):
    notices.notify("x:1", TITLE, clock())
    assert Notice.objects.get().told_at is None
    operations = make_target("operations", is_operations=True)
    notices.notify("x:1", TITLE, clock())
    assert len(told(operations)) == 1


def test_a_cause_that_is_over_and_returns_is_not_told_within_the_hour(operations, clock):
    notices.notify("x:1", TITLE, clock())
    notices.over("x:1", clock())
    assert Notice.objects.get().over_at == clock()
    notices.notify("x:1", TITLE, clock())
    assert (Notice.objects.get().over_at, len(told(operations))) == (None, 1)


def test_dead_deliveries_of_a_target_are_told_once(team, operations, clock, bots, turner):
    refused = answer(code=19002, msg="params error")
    bots.will("team", refused, refused)
    store(team, now=clock())
    store(team, key="issue-2", now=clock())
    turner.work()
    (notice,) = told(operations)
    assert "could not be delivered" in notice.message["title"]["en"]
    assert "推送失败" in notice.message["title"]["zh"]
    assert Notice.objects.get(cause="dead:team").told_at == clock()


def test_a_target_that_refuses_everything_is_told_of_as_such_and_not_twice(team, operations, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE, BAD_SIGNATURE)
    store(team, now=clock())
    store(team, key="issue-2", now=clock())
    turner.work()
    (notice,) = told(operations)
    assert "our signature" in notice.message["title"]["en"]
    assert [each.cause for each in Notice.objects.all()] == ["broken:team"]


def test_expired_deliveries_are_told(team, operations, clock):
    store(team, now=clock())
    clock.advance(hours=24)
    waiting.expire(clock())
    assert len(told(operations)) == 1


def test_a_removed_bot_is_told_and_its_return_noted(team, operations, clock, bots, turner):
    bots.will("team", REMOVED)
    store(team, now=clock())
    turner.work()
    team.refresh_from_db()
    assert team.broken_since == clock()
    assert Notice.objects.get(cause="broken:team").over_at is None
    store(team, key="issue-2", now=clock())
    turner.work()
    team.refresh_from_db()
    assert team.broken_since is None
    assert Notice.objects.get(cause="broken:team").over_at == clock()


def test_nothing_is_told_of_a_notice_that_could_not_be_delivered(operations, clock, bots, turner):
    bots.will("operations", BAD_SIGNATURE)
    notices.notify("x:1", TITLE, clock())
    turner.work()
    assert [each.status for each in told(operations)] == ["dead"]
    assert [each.cause for each in Notice.objects.all()] == ["x:1"]
