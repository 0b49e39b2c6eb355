"""Refused calls over HTTP."""

import pytest

from routing.models import Inbound, Role, Source, Target
from routing.services.setup import sources
from tests.routing.api.calling import Caller
from tests.routing.calls import BOT, make_source, send, send_legacy

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    make_source("acme", secret="mistyped")
    return Caller()


def test_calls_refused_for_a_mistyped_secret_are_replayed_once_it_is_mended(caller):
    assert [send().status_code for _ in range(3)] == [401] * 3
    waiting = caller.send("get", "quarantine/?replayed=false&source=acme&reason=bad_signature").json()["results"]
    assert len(waiting) == 3
    still = caller.send("post", f"quarantine/{waiting[0]['id']}/replay/", {})
    assert (still.status_code, still.json()["reason"]) == (409, "bad_signature")
    sources.add_client_secret(Source.objects.get(name="acme"), "s-acme")
    one = caller.send("post", f"quarantine/{waiting[0]['id']}/replay/", {})
    assert (one.status_code, one.json()["status"]) == (202, "unrouted")
    rest = caller.send("post", "quarantine/replay/", {"source": "acme"}).json()
    assert rest == {"accepted": sorted(row["id"] for row in waiting[1:]), "refused": []}
    assert Inbound.objects.count() == 3
    assert caller.send("get", "quarantine/?replayed=true").json()["results"][0]["replayed_at"]
    assert caller.send("post", "quarantine/replay/", {}).json() == {"accepted": [], "refused": []}


def test_an_unknown_bot_is_added_and_its_call_replayed(caller):
    assert send_legacy(f"/hook?feishu={BOT}newbot").status_code == 404
    (call,) = caller.send("get", "quarantine/?reason=unknown_target").json()["results"]
    assert BOT not in str(call)
    answer = caller.send("post", f"quarantine/{call['id']}/replay/", {"add_bot": True})
    assert answer.status_code == 202
    assert Target.objects.get().kind == "feishu"


def test_only_the_named_calls_are_replayed(caller):
    for _ in range(2):
        send()
    ids = [row["id"] for row in caller.send("get", "quarantine/").json()["results"]]
    assert caller.send("post", "quarantine/replay/", {"ids": ids[:1]}).json() == {"accepted": [], "refused": ids[:1]}


def test_a_viewer_replays_nothing(caller):
    send()
    viewer = Caller(Role.VIEWER)
    (call,) = viewer.send("get", "quarantine/").json()["results"]
    assert viewer.send("post", f"quarantine/{call['id']}/replay/", {}).status_code == 403
    assert viewer.send("post", "quarantine/replay/", {}).status_code == 403
    assert viewer.send("get", "quarantine/?replayed=maybe").json().keys() == {"replayed"}
