"""Muting from a message: the link, and the one silence that it leads to."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from routing.models import AuditEntry, Delivery, Inbound, Silence
from routing.services.silences import muting
from routing.services.silences.likeness import conditions_like
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


def token_of(link: str) -> str:
    return urlsplit(link).path.strip("/").rpartition("/")[2]


def mute(inbound: Inbound, now=None) -> Silence | None:
    return muting.mute(inbound, actor="me", author=None, reason="known", now=now or timezone.now())


@pytest.fixture
def inbound() -> Inbound:
    make_source()
    make_rule("all", make_target())
    send(issue_id="42")
    return Inbound.objects.get()


def test_a_link_names_its_alert_until_its_time_is_over(settings):
    settings.PUBLIC_URL = "https://relay.example.com"
    now = timezone.now()
    link = muting.mute_link(7, now)
    assert link.startswith("https://relay.example.com/admin/routing/silence/mute/")
    read = muting.read(token_of(link))
    assert read.inbound == 7
    assert not read.has_expired(now + timedelta(hours=11, minutes=59))
    assert read.has_expired(now + timedelta(hours=12))


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-1], lambda t: "W" + t, lambda _t: "x", lambda _t: "é:é", lambda t: t.upper()]
)
def test_a_link_that_was_changed_is_not_read(damage):
    with pytest.raises(muting.ForgedLink):
        muting.read(damage(token_of(muting.mute_link(7, timezone.now()))))


def test_a_link_made_under_another_secret_key_is_not_read(settings):
    token = token_of(muting.mute_link(7, timezone.now()))
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(muting.ForgedLink):
        muting.read(token)


def test_muting_holds_this_problem_back_for_an_hour_and_no_other(inbound):
    silence = mute(inbound)
    assert silence is not None
    assert silence.ends_at - silence.starts_at == timedelta(hours=1)
    assert (silence.reason, silence.summary) == ("known", True)
    send(issue_id="42")
    send(issue_id="43")
    assert [row.reason for row in Delivery.objects.order_by("id")] == ["", "silenced", ""]
    assert AuditEntry.objects.get(action="mute").detail["inbound"] == inbound.pk


def test_muting_again_makes_no_second_silence(inbound):
    first = mute(inbound)
    send(issue_id="42")
    assert mute(Inbound.objects.order_by("-id")[0]) == first
    assert Silence.objects.count() == 1
    assert AuditEntry.objects.filter(action="mute").count() == 1
    assert mute(inbound, timezone.now() + timedelta(hours=2)) != first


def test_the_same_issue_number_of_another_connection_is_another_problem(inbound):
    mute(inbound)
    make_source("other", key="k-other", secret="s-other")
    send(key="k-other", secret="s-other", issue_id="42")
    assert Delivery.objects.order_by("-id")[0].reason == ""


@pytest.mark.parametrize(
    ("alert", "fields"),
    [
        ({"issue_id": "1", "title": "t"}, ["source", "issue_id"]),
        ({"project_slug": "web", "rule_name": "p95", "title": "t"}, ["source", "project", "rule"]),
        ({"title": "t"}, ["source", "title"]),
        ({}, []),
        (None, []),
    ],
)
def test_the_conditions_are_the_narrowest_there_are(alert, fields):
    like = conditions_like(Inbound(source_name="acme", alert=alert))
    assert [condition["field"] for condition in like] == fields


def test_what_nothing_names_cannot_be_muted_for_it_would_mute_everything():
    nameless = Inbound.objects.create(source_name="acme", alert={})
    assert mute(nameless) is None
    assert not Silence.objects.exists()
