"""Explaining, testing and deciding again over HTTP."""

import pytest

from routing.models import AuditEntry, Delivery, Inbound, Role
from tests.routing.api.calling import Caller
from tests.routing.api.rows import inbound
from tests.routing.services.configuration.files import FULL, applied
from tests.routing.services.configuration.test_testing import EVENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    applied(FULL.replace('active: {days: [mon, tue], from: "09:00", to: "18:00", timezone: Asia/Shanghai}', ""))
    return Caller()


def test_explaining_tells_what_would_happen_and_writes_nothing(caller):
    answer = caller.send("post", "explain/", {"source": "acme", "resource": "event_alert", "payload": EVENT})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["status"], found["reason"], found["project"]) == ("routed", "matched", "web")
    assert {target["name"]: target["status"] for target in found["targets"]} == {
        "team": "pending",
        "duty": "suppressed",
    }
    assert found["alert"]["environment"] == "production"
    assert Inbound.objects.count() == 0


def test_a_viewer_may_ask():
    applied(FULL)
    viewer = Caller(Role.VIEWER)
    assert viewer.send("post", "explain/", {"source": "acme", "payload": "no json"}).json()["status"] == "malformed"


@pytest.mark.parametrize(
    ("data", "field"),
    [({"payload": {}}, "source"), ({"source": "nowhere", "payload": {}}, "source"), ({"source": "acme"}, "payload")],
)
def test_a_question_that_cannot_be_answered_names_its_field(caller, data, field):
    answer = caller.send("post", "explain/", data)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_test_message_is_queued_and_a_disabled_target_says_so(caller):
    answer = caller.send("post", "targets/team/test/")
    assert (answer.status_code, answer.json()["is_test"]) == (202, True)
    assert caller.send("post", "targets/duty/test/").status_code == 400
    assert caller.send("post", "targets/nobody/test/").status_code == 404
    assert Delivery.objects.count() == 1


def test_a_webhook_without_a_body_is_not_decided_again(caller):
    row = inbound(status="failed", reason="deciding_failed")
    assert caller.send("post", f"inbounds/{row.pk}/reprocess/").json()["status"] == "failed"
    assert not AuditEntry.objects.filter(action="reprocess").exists()
    assert caller.send("post", "inbounds/999999/reprocess/").status_code == 404
