"""Looking over HTTP at what the pages of the admin sum up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from routing.models import AuditEntry, Inbound, Role, RulesVersion, Silence, Thread
from tests.routing.api.calling import Caller
from tests.routing.api.rows import delivery, inbound
from tests.routing.calls import BOT, make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    """A viewer: looking takes no more."""
    return Caller(Role.VIEWER)


def test_the_overview_adds_up_and_names_what_needs_a_person(caller):
    make_source()
    make_rule("web", make_target(), when=[{"field": "project", "op": "is", "value": "web"}])
    send()
    send(project="lonely", issue_id="2")
    send(secret="wrong")
    delivery(inbound(received_at=timezone.now()), status="dead", reason="bad_address", created_at=timezone.now())
    seen = caller.send("get", "overview/").json()
    assert seen["received"] == sum(seen["inbounds"].values()) == 3
    assert seen["messages"] == sum(seen["deliveries"].values()) == 2
    assert seen["unrouted"] == [{"source": "acme", "project": "lonely", "count": 1}]
    assert [(row["target"], row["reason"], row["count"]) for row in seen["lost"]] == [("team", "bad_address", 1)]
    assert [(row["source"], row["count"], row["reason"]) for row in seen["refusing"]] == [("acme", 1, "bad_signature")]
    assert {row["name"]: row["waiting"] for row in seen["targets"]} == {"team": 1}
    assert "acme/web" in [row["name"] for row in seen["projects"]]


def test_a_shift_is_told_between_two_moments(caller):
    now = timezone.now()
    row = inbound(received_at=now - timedelta(hours=1))
    delivery(row, status="dead", created_at=now - timedelta(hours=1))
    Thread.objects.update(opened_at=now - timedelta(hours=1))
    Silence.objects.create(name="night", starts_at=now - timedelta(hours=2), ends_at=now)
    AuditEntry.objects.create(actor="olga", action="close_thread")
    span = {"since": (now - timedelta(hours=8)).isoformat(), "until": (now + timedelta(minutes=1)).isoformat()}
    seen = caller.get("/api/v1/shift/", span).json()
    assert (seen["received"], seen["messages"], len(seen["opened"]), len(seen["closed"])) == (1, 1, 1, 1)
    assert [lost["target"] for lost in seen["lost"]] == ["team"]
    assert [silence["name"] for silence in seen["silences"]] == ["night"]
    assert caller.get("/api/v1/shift/", {**span, "until": span["since"]}).json().keys() == {"until"}
    ancient = {"since": "0001-01-01T01:12:00Z", "until": "9999-12-31T23:59:59Z"}
    assert caller.get("/api/v1/shift/", ancient).json().keys() == {"since", "until"}
    assert caller.get("/api/v1/shift/", {"since": "yesterday"}).json().keys() == {"since", "until"}


def test_attempts_are_found_by_the_vendors_code(caller):
    made = delivery(inbound())
    made.attempts.filter(number=1).update(provider_code="19021")
    (found,) = caller.send("get", "attempts/?provider_code=19021").json()["results"]
    assert (found["delivery"], found["outcome"]) == (made.pk, "retry")
    assert caller.send("get", "attempts/?outcome=maybe").json().keys() == {"outcome"}


def test_the_rules_of_a_decision_are_found_by_their_digest(caller):
    RulesVersion.objects.create(digest="ab12", content={"rules": []})
    assert caller.send("get", "rules-versions/ab12/").json()["content"] == {"rules": []}
    assert caller.send("get", "rules-versions/ab13/").status_code == 404


def test_previews_show_what_would_be_said_without_secrets(caller):
    bot = {"kind": "feishu", "webhook_url": f"{BOT}secret-part", "keyword": "告警"}
    assert Caller().send("put", "targets/team/", bot).status_code == 201
    sent = delivery(inbound())
    said = caller.send("get", f"deliveries/{sent.pk}/preview/").json()
    assert "告警" in said["body"]
    assert "secret-part" not in str(said)
    assert (said["kind"], said["refusal"], said["errors"]) == ("feishu", "", {})
    other = caller.send("get", f"inbounds/{sent.inbound_id}/preview/?target=team&severity=critical").json()
    assert "boom" in other["body"]
    wrong = caller.send("get", f"inbounds/{sent.inbound_id}/preview/?target=nobody&severity=critical")
    assert wrong.json().keys() == {"target"}
    assert caller.send("get", f"inbounds/{sent.inbound_id}/preview/").json().keys() == {"target", "severity"}
    Inbound.objects.update(alert=None)
    gone = caller.send("get", f"inbounds/{sent.inbound_id}/preview/?target=team&severity=critical")
    assert gone.status_code == 410


class TestHistory:
    """Versions of configured objects, and going back."""

    @pytest.fixture
    def operator(self) -> Caller:
        operator = Caller()
        make_target("team")
        make_target("duty")
        made = {"name": "web", "targets": ["team"], "when": [{"field": "project", "op": "is", "value": "web"}]}
        assert operator.send("post", "rules/", made).status_code == 201
        assert operator.send("patch", "rules/web/", {"targets": ["duty"], "when": []}).status_code == 200
        return operator

    def test_each_version_tells_when_by_whom_and_what_it_was(self, operator):
        newer, older = operator.send("get", "rules/web/history/").json()
        assert (newer["type"], newer["by"], newer["values"]["targets"]) == ("changed", "test-operator", ["duty"])
        assert (older["type"], older["values"]["when"][0]["value"]) == ("made", "web")

    def test_an_earlier_version_comes_back_as_a_new_one(self, operator):
        older = operator.send("get", "rules/web/history/").json()[1]["id"]
        restored = operator.send("post", f"rules/web/history/{older}/restore/")
        assert (restored.status_code, restored.json()["targets"]) == (200, ["team"])
        assert operator.send("get", "rules/web/").json() == restored.json()
        assert len(operator.send("get", "rules/web/history/").json()) > 2
        assert AuditEntry.objects.filter(action="restored").count() == 1

    def test_what_is_not_of_this_object_is_not_found_and_a_viewer_only_looks(self, operator):
        older = operator.send("get", "rules/web/history/").json()[1]["id"]
        assert operator.send("get", "rules/none/history/").status_code == 404
        assert operator.send("post", "rules/web/history/999999/restore/").status_code == 404
        viewer = Caller(Role.VIEWER)
        assert len(viewer.send("get", "rules/web/history/").json()) == 2
        assert viewer.send("post", f"rules/web/history/{older}/restore/").status_code == 403

    def test_no_version_of_a_target_tells_its_secrets(self, operator):
        operator.send("put", "targets/bot/", {"kind": "feishu", "webhook_url": f"{BOT}secret-part"})
        assert len(operator.send("get", "targets/bot/history/").json()) == 1
        assert "secret-part" not in str(operator.send("get", "targets/bot/history/").json())
