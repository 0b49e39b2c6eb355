"""Previews in the admin: of the log, and beside the forms with what is in them, saved or not."""

import pytest
from django.contrib.auth.models import Group, User

from routing.models import AuditEntry, Delivery, Inbound, Rule, Target
from tests.browser.scene import HOSTILE
from tests.routing.calls import FORWARD, make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db

BOT = "https://open.feishu.cn/open-apis/bot/v2/hook/0123456789"


def login(client, group: str):
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def scene():
    """One alert that went to team."""
    team, duty = make_target("team"), make_target("duty", kind="flashduty")
    make_source()
    rule = make_rule("everything", team)
    send(title=HOSTILE)
    return rule, team, duty


def test_a_viewer_sees_what_a_logged_alert_looks_like_for_any_target(client, scene) -> None:
    login(client, "viewer")
    _rule, _team, duty = scene
    inbound = Inbound.objects.get()
    path = f"/admin/routing/inbound/{inbound.pk}/preview/"
    assert path in client.get(f"/admin/routing/inbound/{inbound.pk}/change/").content.decode()
    page = client.get(path)
    text = page.content.decode()
    assert page.context["shown"][0].preview.seen["form"] == "card"
    assert "<script>document" not in text
    assert "style=" not in text
    event = client.get(path, {"target": duty.pk, "preview-severity": "critical"}).context["shown"][0]
    assert event.preview.seen["event_status"] == "Critical"
    english = client.get(path, {"preview-language": "en", "preview-card_schema": "2.0"}).context["shown"][0]
    assert '"schema": "2.0"' in english.preview.body
    assert client.get(path, {"preview-simple": "1"}).context["shown"][0].preview.seen["form"] == "text"
    nonsense = {"target": "x", "preview-severity": "loud", "preview-card_schema": "9"}
    assert client.get(path, nonsense).context["shown"][0].preview.seen["form"] == "card"


def test_the_page_of_a_delivery_leads_to_what_it_says(client, scene) -> None:
    login(client, "viewer")
    delivery = Delivery.objects.get()
    path = f"/admin/routing/delivery/{delivery.pk}/preview/"
    assert path in client.get(f"/admin/routing/delivery/{delivery.pk}/change/").content.decode()
    assert client.get(path).context["shown"][0].severity == "warning"


def test_looking_writes_nothing(client, scene) -> None:
    login(client, "viewer")
    before = Delivery.objects.values().get()
    client.get(f"/admin/routing/inbound/{Inbound.objects.get().pk}/preview/")
    client.get(f"/admin/routing/delivery/{before['id']}/preview/")
    assert Delivery.objects.values().get() == before
    assert not AuditEntry.objects.exists()


def test_without_the_right_to_see_targets_there_is_no_preview(client, scene) -> None:
    user = User.objects.create_user("log", is_staff=True)
    user.user_permissions.add(*Group.objects.get(name="viewer").permissions.filter(codename="view_inbound"))
    client.force_login(user)
    assert client.get(f"/admin/routing/inbound/{Inbound.objects.get().pk}/preview/").status_code == 403
    assert client.get(f"/admin/routing/delivery/{Delivery.objects.get().pk}/preview/").status_code == 403


# ---- the form of a target


def test_the_form_of_a_target_is_drawn_with_what_is_in_it_and_no_secret(client, scene) -> None:
    login(client, "operator")
    _rule, team, _duty = scene
    path = f"/admin/routing/feishubot/{team.pk}/preview/"
    assert f'data-preview="{path}"' in client.get(f"/admin/routing/feishubot/{team.pk}/change/").content.decode()
    form = {"name": "team", "title_prefix": "Shop ", "language": "en", "secret": "sign-me", "card_schema": "1.0"}
    answer = client.post(path, {**form, "preview-part": "1", "preview-severity": "critical"})
    text = answer.content.decode()
    assert "Shop ERROR" in text
    assert "<html" not in text
    for secret in ("sign-me", "hook/team"):
        assert secret not in text
    assert "<html" in client.post(path, form).content.decode()
    team.refresh_from_db()
    assert team.options["language"] == "zh-hans"


def test_a_target_that_is_not_saved_yet_is_drawn_although_half_of_it_is_missing(client) -> None:
    login(client, "operator")
    url = "/admin/routing/target/preview/?kind=feishu"
    assert f'data-preview="{url}"' in client.get("/admin/routing/target/add/?kind=feishu").content.decode()
    assert "feishubot/preview/?kind=feishu" in client.get("/admin/routing/feishubot/add/").content.decode()
    (shown,) = client.post(url, {"timezone": "Nowhere"}).context["shown"]
    assert [label for label, _ in shown.errors] == ["Time zone"]
    (shown,) = client.post(url, {"title_prefix": HOSTILE[:30]}).context["shown"]
    assert shown.preview.seen["form"] == "card"
    assert not Target.objects.exists()


def test_an_address_of_the_other_mode_says_that_nothing_of_ours_is_shown(client, scene) -> None:
    login(client, "operator")
    _rule, _team, duty = scene
    url = f"/admin/routing/flashdutytarget/{duty.pk}/preview/"
    assert client.post(url, {"language": "en"}).context["shown"][0].preview.seen["form"] == "event"
    forwarded = client.post(url, {"push_url": f"{FORWARD}new"})
    assert forwarded.context["shown"][0].preview.is_unsupported
    assert "integration_key=new" not in forwarded.content.decode()


# ---- the form of a rule


def rule_form(*told, **changed):
    fields = {"name": "new", "enabled": "on", "source": "", "project": "", "repeat_minutes": "0"}
    return {**fields, "targets": [target.pk for target in told], **changed}


def test_the_form_of_a_rule_is_drawn_with_the_severity_that_it_gives(client, scene) -> None:
    login(client, "operator")
    rule, team, duty = scene
    assert "/admin/routing/rule/preview/" in client.get("/admin/routing/rule/add/").content.decode()
    loud = {"severity-triggered": "critical"}
    made = client.post(f"/admin/routing/rule/{rule.pk}/preview/", rule_form(team, duty, **loud))
    assert [one.severity for one in made.context["shown"]] == ["critical", "critical"]
    assert [one.preview.seen["form"] for one in made.context["shown"]] == ["event", "card"], "by name"
    assert b"tells nobody" in client.post("/admin/routing/rule/preview/", rule_form()).content
    broken = client.post("/admin/routing/rule/preview/", rule_form(team, name=""))
    assert broken.context["wrong"]
    assert Rule.objects.get().severity == {}


@pytest.mark.parametrize("path", ["feishubot/{}/preview/", "feishubot/preview/", "rule/preview/"])
def test_forms_are_drawn_for_those_who_could_save_them_and_by_post_alone(client, scene, path) -> None:
    _rule, team, _duty = scene
    address = f"/admin/routing/{path.format(team.pk)}"
    login(client, "viewer")
    assert client.post(address, {"name": "x"}).status_code == 403
    assert "data-preview" not in client.get(f"/admin/routing/feishubot/{team.pk}/change/").content.decode()
    login(client, "operator")
    assert client.get(address).status_code == 403
