"""What would change, over HTTP: for every role, and nothing is written."""

import pytest

from routing.models import Inbound, Role, Rule
from routing.selectors.configuration import stamp
from tests.routing.api.calling import Caller
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Caller:
    make_target("duty", kind="flashduty")
    make_source()
    make_rule("production", make_target("team"))
    send()
    return Caller(Role.VIEWER)


def test_the_saved_rules_are_told_beside_the_log(viewer):
    Rule.objects.update(enabled=False)
    answer = viewer.send("get", "what-if/?recent=10").json()
    assert (answer["compared_with"], answer["inbounds"], answer["newly_unrouted"]) == (
        "log",
        1,
        [Inbound.objects.get().pk],
    )
    assert viewer.send("post", "what-if/", {}).json()["targets"] == answer["targets"]


def test_edited_rules_are_told_beside_the_saved_ones(viewer):
    number = stamp()
    answer = viewer.send("post", "what-if/", {"recent": 10, "rules": [{"name": "production", "targets": ["duty"]}]})
    assert answer.status_code == 200
    found = {target["name"]: target for target in answer.json()["targets"]}
    inbound = Inbound.objects.get().pk
    assert found["duty"]["gained"] == [{"inbound": inbound, "severity": "warning", "held_back": None}]
    assert found["team"]["lost"] == [{"inbound": inbound, "severity": "warning", "held_back": None}]
    assert found["team"]["forecast"]["before"]["messages"] == 1
    assert found["team"]["limits"] == {"per_second": 5, "per_minute": 100}
    assert (stamp(), Rule.objects.get().targets.get().name) == (number, "team")


def test_what_is_not_listed_stays_unless_pruned(viewer):
    for prune, unrouted in ((False, 0), (True, 1)):
        answer = viewer.send("post", "what-if/", {"rules": [], "prune": prune}).json()
        assert len(answer["newly_unrouted"]) == unrouted


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"rules": [{"name": "x", "targets": ["nobody"]}]}, "rules[0].targets"),
        ({"rules": [{"name": "x", "when": [{"field": "level", "op": "smells", "value": "x"}]}]}, "rules[0].when[0].op"),
        ({"severity": {"triggered": "ok"}}, "severity.triggered"),
        ({"recent": 2001}, "recent"),
        ({"targets": []}, "targets"),
        ({"rules": "all"}, "rules"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_place(viewer, data, field):
    answer = viewer.send("post", "what-if/", data)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_token_is_needed(client):
    assert client.get("/api/v1/what-if/").status_code == 401
