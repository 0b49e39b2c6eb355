"""Tokens, the audit trail, original bodies, test alerts and the order of rules over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from routing.models import ApiToken, AuditEntry, Inbound, InboundBody, Role, Rule
from tests.routing.api.calling import Caller
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


class TestTokens:
    """Made and revoked by administrators; the text is told once."""

    def test_a_new_token_works_until_it_is_revoked(self, client):
        admin = Caller(Role.ADMIN)
        made = admin.send("post", "tokens/", {"name": "ci/web", "role": "viewer"})
        assert made.status_code == 201
        headers = {"Authorization": f"Bearer {made.json()['token']}"}
        assert client.get("/api/v1/rules/", headers=headers).status_code == 200
        shown = admin.send("get", "tokens/ci/web/").json()
        assert ("token" in shown, bool(shown["last_used_at"])) == (False, True)
        assert admin.send("delete", "tokens/ci/web/").status_code == 204
        assert client.get("/api/v1/rules/", headers=headers).status_code == 401
        done = AuditEntry.objects.order_by("id").values_list("action", "object_name")
        assert [*done] == [("created", "ci/web"), ("deleted", "ci/web")]

    def test_a_name_is_taken_once_and_a_role_is_one_of_three(self):
        admin = Caller(Role.ADMIN)
        assert admin.send("post", "tokens/", {"name": "test-admin", "role": "viewer"}).json().keys() == {"name"}
        assert admin.send("post", "tokens/", {"name": "x", "role": "root"}).json().keys() == {"role"}
        assert admin.send("post", "tokens/", {"name": "$", "role": "viewer"}).json().keys() == {"name"}
        past = {"name": "x", "role": "viewer", "expires_at": timezone.now() - timedelta(hours=1)}
        assert admin.send("post", "tokens/", past).json().keys() == {"expires_at"}

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
    def test_others_neither_see_nor_make_any(self, role):
        caller = Caller(role)
        assert caller.send("get", "tokens/").status_code == 403
        assert caller.send("post", "tokens/", {"name": "x", "role": "admin"}).status_code == 403
        assert caller.send("delete", f"tokens/test-{role.value}/").status_code == 403
        assert ApiToken.objects.count() == 1


def test_the_audit_trail_is_told_by_actor_and_action():
    make_target("team")
    caller = Caller()
    caller.send("patch", "targets/team/", {"title": "Team"})
    (entry,) = caller.send("get", "audit/?action=changed&actor=test-operator").json()["results"]
    assert (entry["object_name"], entry["detail"]) == ("Team", {"keys": ["title"]})
    assert caller.send("get", "audit/?actor=nobody").json()["results"] == []


class TestBody:
    """The original call holds personal data."""

    def test_an_operator_sees_it_and_is_noted(self):
        make_source()
        send(title="boom of kim@example.com")
        pk = Inbound.objects.get().pk
        found = Caller().send("get", f"inbounds/{pk}/body/").json()
        assert "kim@example.com" in found["body"]
        assert found["headers"]["sentry-hook-resource"] == "event_alert"
        assert AuditEntry.objects.get().action == "view_body"
        InboundBody.objects.all().delete()
        assert Caller(Role.ADMIN).send("get", f"inbounds/{pk}/body/").status_code == 410

    def test_a_viewer_does_not(self):
        make_source()
        send()
        answer = Caller(Role.VIEWER).send("get", f"inbounds/{Inbound.objects.get().pk}/body/")
        assert (answer.status_code, AuditEntry.objects.count()) == (403, 0)


class TestTestAlert:
    """A signed alert through the real path."""

    def test_it_is_routed_like_any_other_and_marked_as_a_test(self):
        make_source()
        make_rule("web", make_target(), when=[{"field": "project", "op": "is", "value": "web"}])
        answer = Caller().send("post", "sources/acme/test/", {"project": "web", "level": "fatal"})
        assert (answer.status_code, answer.json()["status"]) == (202, "routed")
        assert [target["name"] for target in answer.json()["targets"]] == ["team"]
        inbound = Inbound.objects.get()
        assert (inbound.is_test, inbound.alert["level"]) == (True, "fatal")

    def test_a_source_that_cannot_sign_is_told_what_it_lacks(self):
        make_source(secret="")
        caller = Caller()
        assert caller.send("post", "sources/acme/test/", {}).json().keys() == {"client_secrets"}
        assert caller.send("post", "sources/nobody/test/", {}).status_code == 404
        assert caller.send("post", "sources/acme/test/", {"level": "loud"}).json().keys() == {"level"}


class TestOrder:
    """The first rule that matches decides, so their order is changed with care."""

    @pytest.fixture(autouse=True)
    def rules(self) -> None:
        for name in "abcd":
            make_rule(name)

    @pytest.mark.parametrize(
        ("name", "where", "order"),
        [
            ("d", {"before": "a"}, "dabc"),
            ("a", {"after": "c"}, "bcad"),
            ("b", {"after": "a"}, "abcd"),
            ("b", {"before": "b"}, "abcd"),
        ],
    )
    def test_a_rule_is_put_beside_another(self, name, where, order):
        answer = Caller().send("post", f"rules/{name}/move/", where)
        assert answer.json() == {"order": list(order)}
        assert "".join(Rule.objects.order_by("position").values_list("name", flat=True)) == order
        assert AuditEntry.objects.count() == (order != "abcd")

    @pytest.mark.parametrize(
        ("where", "field"), [({}, "before"), ({"before": "a", "after": "b"}, "before"), ({"after": "x"}, "after")]
    )
    def test_a_place_that_is_none_is_named(self, where, field):
        answer = Caller().send("post", "rules/a/move/", where)
        assert (answer.status_code, list(answer.json())) == (400, [field])
