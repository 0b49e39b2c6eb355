"""Test alerts that are followed, muting one problem, and routing tests, over HTTP."""

import pytest

from routing.models import AuditEntry, Inbound, Role, Silence, Trial
from tests.routing.api.calling import Caller
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    make_source()
    make_rule("web", make_target(), when=[{"field": "project", "op": "is", "value": "web"}])
    return Caller()


@pytest.mark.parametrize(
    "asked",
    [
        {"of": "rule", "name": "web", "source": "acme"},
        {"of": "source", "name": "acme", "project": "web"},
        {"of": "target", "name": "team", "source": "acme", "project": "web"},
        {"of": "only_target", "name": "team"},
    ],
)
def test_a_test_alert_goes_the_whole_way_and_is_followed(caller, asked):
    sent = caller.send("post", "trials/", asked)
    assert sent.status_code == 202
    trial = sent.json()
    assert (trial["of"], trial["actor"], trial["course"]["state"]) == (asked["of"], "test-operator", "now")
    assert [leg["target"] for leg in trial["course"]["legs"]] == ["team"]
    again = caller.send("get", f"trials/{trial['id']}/").json()
    assert [step["code"] for step in again["course"]["steps"]] == ["received", "signature", "parsed", "decided"]
    (listed,) = caller.send("get", f"trials/?of={asked['of']}").json()["results"]
    assert "course" not in listed


def test_a_source_that_cannot_sign_is_told_in_its_steps(caller):
    make_source("mute", key="k-mute", secret="")
    trial = caller.send("post", "trials/", {"of": "source", "name": "mute"}).json()
    assert (trial["answer_reason"], trial["course"]["state"], trial["inbound"]) == ("no_secret", "failed", None)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"of": "rule", "name": "web"}, "source"),
        ({"of": "rule", "name": "none", "source": "acme"}, "name"),
        ({"of": "target", "name": "team", "source": "hook"}, "source"),
        ({"of": "source", "name": "nowhere"}, "name"),
        ({"of": "everything", "name": "web"}, "of"),
        ({"of": "source", "name": "acme", "level": "loud"}, "level"),
    ],
)
def test_what_cannot_be_tried_is_named(caller, asked, field):
    answer = caller.send("post", "trials/", asked)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Trial.objects.exists()


def test_one_problem_is_muted_for_an_hour_once(caller):
    send()
    pk = Inbound.objects.get().pk
    first = caller.send("post", f"inbounds/{pk}/mute/", {"reason": "known"})
    second = caller.send("post", f"inbounds/{pk}/mute/", {})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["name"] == second.json()["name"] == Silence.objects.get().name
    assert (first.json()["reason"], AuditEntry.objects.filter(action="mute").count()) == ("known", 1)
    send()
    assert caller.send("get", "deliveries/?reason=silenced").json()["results"] != []


def test_a_webhook_becomes_a_routing_test(caller):
    send()
    found = caller.send("get", f"inbounds/{Inbound.objects.get().pk}/routing-test/").json()
    assert found["payload_path"] in found["test"]
    assert "targets:" in found["test"]
    Inbound.objects.update(status="received", reason="")
    assert caller.send("get", f"inbounds/{Inbound.objects.get().pk}/routing-test/").status_code == 409


def test_a_viewer_neither_tries_nor_mutes(caller):
    send()
    viewer, pk = Caller(Role.VIEWER), Inbound.objects.get().pk
    assert viewer.send("post", "trials/", {"of": "source", "name": "acme"}).status_code == 403
    assert viewer.send("post", f"inbounds/{pk}/mute/", {}).status_code == 403
    assert viewer.send("get", "trials/").status_code == 200
