"""Who waits, for what, and until when: the same on the delivery's page, the target's page and in the API."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from routing.models import Delivery, Target
from routing.selectors.waits import Wait, line_of, waits_of
from routing.services.setup import tokens
from tests.routing.services.engine.conftest import FAILING, answer
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db


def waits(clock, *deliveries):
    rows = list(Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]))
    found = waits_of(rows, clock())
    return [found.get(delivery.pk) for delivery in deliveries]


def line(clock, target):
    found = line_of(Target.objects.get(pk=target.pk), clock())
    return {one.wait: one.count for one in found.waiting}


def test_what_ended_waits_for_nothing(team, clock, turner):
    delivery = store(team, now=clock())
    turner.work()
    assert waits(clock, delivery) == [None]
    assert line(clock, team) == {}


def test_what_is_due_waits_for_a_worker(team, clock):
    delivery = store(team, now=clock())
    assert waits(clock, delivery) == [Wait("worker")]
    assert line(clock, team) == {Wait("worker"): 1}


def test_what_is_being_sent_says_so(team, clock):
    delivery = store(team, now=clock(), status="sending", due_at=clock() + timedelta(seconds=5))
    assert waits(clock, delivery) == [Wait("sending")]
    assert line(clock, team) == {Wait("sending"): 1}


def test_over_its_limit_a_target_says_when_the_next_may_go(make_target, clock, turner):
    limited = make_target("limited", limits=(1, 0))
    deliveries = [store(limited, key=f"issue-{number}", now=clock()) for number in range(3)]
    turner.work()
    _, second, third = waits(clock, *deliveries)
    assert second == third
    assert second.code == "limit"
    assert timedelta(seconds=1) <= second.until - clock() < timedelta(seconds=1.2)
    assert line(clock, limited) == {second: 2}


def test_behind_its_breaker_a_target_says_when_it_is_tried_again(team, clock):
    probe_at = clock() + timedelta(seconds=8)
    Target.objects.update(probe_at=probe_at, probe_seconds=8)
    delivery = store(team, now=clock())
    assert waits(clock, delivery) == [Wait("probe", probe_at)]
    assert line(clock, team) == {Wait("probe", probe_at): 1}
    clock.advance(seconds=9)
    assert waits(clock, delivery) == [Wait("probe")]


def test_a_failed_one_says_when_it_is_tried_again(team, clock, bots, turner):
    bots.will("team", FAILING)
    delivery = store(team, now=clock())
    turner.turn()
    again = Wait("next_attempt", clock() + timedelta(seconds=1))
    assert waits(clock, delivery) == [again]
    assert line(clock, team) == {again: 1}


def test_one_behind_others_names_the_one_that_is_next(team, clock):
    first, second, third = (store(team, now=clock(), resolved=number == 1) for number in range(3))
    behind = Wait("behind", delivery=first.pk)
    assert waits(clock, first, second, third) == [Wait("worker"), behind, behind]
    assert line(clock, team) == {Wait("worker"): 1, Wait("behind"): 2}


def test_for_a_target_that_is_off_everything_is_paused(team, clock):
    due, later = store(team, now=clock()), store(team, key="issue-2", now=clock() + timedelta(minutes=1))
    Target.objects.update(enabled=False)
    assert waits(clock, due, later) == [Wait("paused")] * 2
    assert sum(line(clock, team).values()) == 2
    assert set(line(clock, team)) == {Wait("paused")}


def test_what_is_folded_names_its_digest_and_when_that_may_go(make_target, clock, turner):
    storming = make_target("storming", limits=(5, 100))
    for number in range(30):
        store(storming, key=f"issue-{number}", now=clock())
    turner.turn()
    clock.advance(seconds=1)
    members = [store(storming, key=f"more-{number}", now=clock()) for number in range(30)]
    turner.turn()
    digest = Delivery.objects.get(message_type="digest", status="pending")
    assert digest.due_at > clock()
    folded = Wait("digest", digest.due_at, digest.pk)
    assert waits(clock, members[0], digest) == [folded, Wait("gathering", digest.due_at)]
    found = line(clock, storming)
    assert found[folded] == 30
    assert found[Wait("next_attempt", digest.due_at)] == 1


def test_the_pages_and_the_api_tell_the_same(make_target, clock, bots, turner, admin_client, client):
    duty = make_target("duty")
    team = make_target("team", fallback=duty)
    bots.will("team", answer(503, {"Retry-After": "40"}, code=1))
    first = store(team, now=clock(), fallback_minutes=10)
    turner.turn()
    second = store(team, now=clock(), resolved=True)
    _, text = tokens.create(name="reader", role="viewer")
    headers = {"Authorization": f"Bearer {text}"}
    with time_machine.travel(clock(), tick=False):
        page = admin_client.get(
            reverse("admin:routing_delivery_change", args=[second.pk]), headers={"Accept-Language": "en"}
        )
        waiting = admin_client.get(
            reverse("admin:routing_delivery_change", args=[first.pk]), headers={"Accept-Language": "en"}
        )
        target = admin_client.get(
            reverse("admin:routing_target_change", args=[team.pk]), headers={"Accept-Language": "en"}
        )
        told = client.get(f"/api/v1/deliveries/{second.pk}/", headers=headers).json()
        listed = client.get("/api/v1/deliveries/", headers=headers).json()["results"]
        line = client.get("/api/v1/targets/team/waiting/", headers=headers).json()
    assert "waits for an older message about the same alert" in page.content.decode()
    assert reverse("admin:routing_delivery_change", args=[first.pk]) in page.content.decode()
    assert "the fallback duty is told at" in waiting.content.decode()
    assert "1 × waits for its next attempt" in target.content.decode()
    assert told["waiting"] == {"code": "behind", "until": None, "delivery": first.pk, "fallback_at": None}
    assert [one["waiting"]["code"] for one in listed] == ["behind", "next_attempt"]
    assert [(one["code"], one["count"]) for one in line["waiting"]] == [("next_attempt", 1), ("behind", 1)]
    assert line["fallback_at"] is not None


@pytest.mark.parametrize(
    ("language", "said"), [("en", "not delivered within 24 hours"), ("zh-hans", "24 小时内未送达")]
)
def test_the_page_of_what_expired_says_so(team, clock, admin_client, language, said):
    delivery = store(team, now=clock(), status="expired", reason="expired", due_at=None, finished_at=clock())
    page = admin_client.get(
        reverse("admin:routing_delivery_change", args=[delivery.pk]), headers={"Accept-Language": language}
    )
    assert said in page.content.decode()
