"""Test alerts in the admin: who may send them, what GET leaves alone, and the page that follows."""

import pytest
from django.contrib.auth.models import Group, User

from routing.models import AuditEntry, Delivery, Inbound, Source, Trial
from tests.browser.scene import HOSTILE
from tests.routing.calls import make_rule, make_source, make_target

pytestmark = pytest.mark.django_db

ALERT = {"project": "web", "environment": "production", "level": "error"}


@pytest.fixture
def scene():
    """A connection, a rule, a target."""
    team = make_target("team", title=HOSTILE[:200])
    return {"source": make_source(), "rule": make_rule("everything", team), "target": team}


def address(scene, name: str) -> str:
    return f"/admin/routing/{name}/{scene[name].pk}/test/"


def asked(scene, name: str) -> dict:
    return {
        "source": ALERT,
        "rule": {"source": scene["source"].pk},
        "target": {"way": "only", "level": "error"},
    }[name]


def login(client, group: str):
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.mark.parametrize("name", ["source", "rule", "target"])
def test_a_viewer_finds_no_button_and_is_refused(client, scene, name) -> None:
    login(client, "viewer")
    path = address(scene, name)
    assert path not in client.get(f"/admin/routing/{name}/{scene[name].pk}/change/").content.decode()
    assert client.get(path).status_code == 403
    assert client.post(path, asked(scene, name)).status_code == 403
    assert not Trial.objects.exists()
    assert not Inbound.objects.exists()


@pytest.mark.parametrize("group", ["operator", "administrator"])
@pytest.mark.parametrize("name", ["source", "rule", "target"])
def test_an_operator_is_asked_first_and_then_follows_it_at_a_permanent_address(client, scene, name, group) -> None:
    login(client, group)
    path = address(scene, name)
    assert f'href="{path}"' in client.get(f"/admin/routing/{name}/{scene[name].pk}/change/").content.decode()
    assert client.get(path).status_code == 200
    assert not Trial.objects.exists()
    assert not Inbound.objects.exists()
    assert not AuditEntry.objects.exists()
    answer = client.post(path, asked(scene, name))
    trial = Trial.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/admin/routing/trial/{trial.pk}/change/")
    assert trial.actor == group
    assert AuditEntry.objects.get().user is not None
    page = client.get(answer.url).content.decode()
    assert f'data-steps="/admin/routing/trial/{trial.pk}/steps/"' in page
    assert "<script>document" not in page
    assert Delivery.objects.get().is_test


def test_the_form_of_a_proxy_leads_to_the_same_page(client, scene) -> None:
    login(client, "operator")
    path = f"/admin/routing/feishubot/{scene['target'].pk}/test/"
    assert path in client.get(f"/admin/routing/feishubot/{scene['target'].pk}/change/").content.decode()
    assert client.post(path, {"way": "only", "level": "error"}).status_code == 302


def test_the_steps_are_a_part_of_the_page_that_a_viewer_may_ask_for(client, scene) -> None:
    login(client, "operator")
    client.post(address(scene, "source"), ALERT)
    login(client, "viewer")
    answer = client.get(f"/admin/routing/trial/{Trial.objects.get().pk}/steps/")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    body = answer.content.decode()
    assert "<html" not in body
    assert 'data-over="no"' in body
    assert "No worker is running" in body
    assert client.get("/admin/routing/trial/").status_code == 200


def test_a_target_through_the_rules_needs_a_connection_and_a_project(client, scene) -> None:
    login(client, "operator")
    answer = client.post(address(scene, "target"), {"way": "rules", "level": "error"})
    assert set(answer.context["form"].errors) == {"source", "project"}
    through = {"way": "rules", "source": scene["source"].pk, **ALERT}
    assert client.post(address(scene, "target"), through).status_code == 302
    assert Inbound.objects.get().source == scene["source"]


def test_the_page_before_sending_names_what_stands_in_the_rules_way(client, scene) -> None:
    login(client, "operator")
    rule = make_rule("one", scene["target"], when=[{"field": "issue_id", "op": "is", "value": HOSTILE[:90]}])
    page = client.get(f"/admin/routing/rule/{rule.pk}/test/").content.decode()
    assert "No test alert can meet these conditions" in page
    assert "<script>document" not in page
    late = make_rule("late", scene["target"])
    assert "an earlier rule comes first" in client.get(f"/admin/routing/rule/{late.pk}/test/").content.decode()


def test_without_a_connection_the_page_leads_to_one(client, scene) -> None:
    login(client, "operator")
    Source.objects.exclude(name="hook").delete()
    page = client.get(address(scene, "rule")).content.decode()
    assert "/admin/routing/source/add/" in page
    assert "Send the test alert" not in page


def test_the_connection_of_hook_has_no_test(client) -> None:
    login(client, "operator")
    hook = Source.objects.get(name="hook")
    assert "/test/" not in client.get(f"/admin/routing/source/{hook.pk}/change/").content.decode()
