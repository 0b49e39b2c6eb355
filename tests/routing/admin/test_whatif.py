"""What would change, from the forms of rules and silences before they are saved."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from routing.models import Inbound, Rule, Silence
from routing.selectors.configuration import stamp
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


def user_of(group: str) -> User:
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def scene():
    """One alert that went to team."""
    team, duty = make_target("team"), make_target("duty", kind="flashduty")
    make_source()
    rule = make_rule("production", team)
    send()
    return rule, team, duty


def form_of(rule: Rule, *told, **changed) -> dict[str, Any]:
    """The rule form as a browser posts it."""
    fields = {"name": rule.name, "enabled": "on", "source": "", "project": rule.project, "repeat_minutes": "0"}
    return {**fields, "targets": [target.pk for target in told], **changed}


def conditions(*rows: tuple[str, str, str, str, str]) -> dict[str, Any]:
    """The condition editor's columns."""
    columns = ("join", "field", "name", "op", "value")
    return {f"when-{column}": [row[index] for row in rows] for index, column in enumerate(columns)}


def changes(response) -> dict[str, tuple[int, int, int]]:
    """Target -> how much it gains, loses and keeps."""
    found = {line.answer.name: line.answer.difference for line in response.context["targets"]}
    return {name: (len(each.gained), len(each.lost), len(each.kept)) for name, each in found.items()}


def test_an_edited_rule_is_asked_about_and_not_saved(admin, scene):
    rule, _team, duty = scene
    number = stamp()
    posted = {**form_of(rule, duty), **conditions(("and", "level", "", "is", "error"))}
    response = admin.post(f"/admin/routing/rule/{rule.pk}/what-if/", posted)
    assert changes(response) == {"duty": (1, 0, 0), "team": (0, 1, 0)}
    assert f"/admin/routing/inbound/{Inbound.objects.get().pk}/change/" in response.content.decode()
    rule.refresh_from_db()
    assert (stamp(), rule.when, [target.name for target in rule.targets.all()]) == (number, [], ["team"])


def test_conditions_that_no_longer_match_leave_an_alert_to_nobody(admin, scene):
    rule, team, _duty = scene
    posted = {**form_of(rule, team), **conditions(("and", "level", "", "is", "fatal"))}
    response = admin.post(f"/admin/routing/rule/{rule.pk}/what-if/", posted)
    assert "1 webhook would reach nobody" in response.content.decode()


def test_a_new_rule_is_asked_about_and_not_made(admin, scene):
    rule, _team, duty = scene
    Rule.objects.update(continues=True)
    response = admin.post("/admin/routing/rule/what-if/", form_of(rule, duty, name="new"))
    assert changes(response) == {"duty": (1, 0, 0), "team": (0, 0, 1)}
    assert Rule.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, conditions(("and", "level", "", "in", ""))], ids=["name", "conditions"]
)
def test_a_form_that_could_not_be_saved_says_what_is_wrong(admin, scene, wrong):
    rule, team, _duty = scene
    response = admin.post(f"/admin/routing/rule/{rule.pk}/what-if/", {**form_of(rule, team), **wrong})
    assert response.templates[0].name == "admin/routing/whatif/refused.html"
    assert response.context["errors"]


def test_the_number_beside_the_button_limits_the_webhooks(admin, scene):
    rule, team, _duty = scene
    send(issue_id="2")
    posted = form_of(rule, team, **{"what-if-recent": "1"})
    assert changes(admin.post(f"/admin/routing/rule/{rule.pk}/what-if/", posted))["team"] == (0, 0, 1)


def test_the_list_leads_to_the_saved_rules_beside_the_log(admin, scene):
    assert "/admin/routing/rule/what-if/" in admin.get("/admin/routing/rule/").content.decode()
    rule, _team, duty = scene
    rule.targets.set([duty])
    response = admin.get("/admin/routing/rule/what-if/?recent=5000")
    assert changes(response) == {"duty": (1, 0, 0), "team": (0, 1, 0)}
    assert changes(admin.get("/admin/routing/rule/what-if/?recent=no"))["duty"] == (1, 0, 0)


def test_without_webhooks_the_page_says_so(admin):
    assert "nothing can be compared" in admin.get("/admin/routing/rule/what-if/").content.decode()


def test_a_viewer_sees_what_is_saved_and_cannot_ask_about_edits(client, scene):
    client.force_login(user_of("viewer"))
    assert client.get("/admin/routing/rule/what-if/").status_code == 200
    rule, team, _duty = scene
    for path in (f"rule/{rule.pk}/what-if/", "rule/what-if/", "silence/what-if/"):
        assert client.post(f"/admin/routing/{path}", form_of(rule, team)).status_code == 403
    assert b"what-if-recent" not in client.get(f"/admin/routing/rule/{rule.pk}/change/").content


@pytest.mark.parametrize("path", ["rule/{}/what-if/", "silence/what-if/"])
def test_edits_are_asked_about_with_post_alone(admin, scene, path):
    assert admin.get(f"/admin/routing/{path.format(scene[0].pk)}").status_code == 403


# ---- silences


def silence_form(**changed) -> dict[str, Any]:
    now = timezone.localtime()
    later = now + timedelta(hours=1)
    moments = {"starts_at": now, "ends_at": later}
    split = {
        f"{name}_{part}": text
        for name, moment in moments.items()
        for part, text in enumerate((f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}"))
    }
    return {"name": "deploy", "reason": "", **split, **changed}


def test_a_silence_shows_what_it_would_have_caught_and_is_not_saved(admin, scene):
    send(level="fatal", issue_id="2")
    send("issue.resolved", issue_id="2")
    posted = {**silence_form(), **conditions(("and", "level", "", "is", "fatal"))}
    response = admin.post("/admin/routing/silence/what-if/", posted)
    assert [seen.case.alert.issue_id for seen in response.context["caught"]] == ["2"]
    assert "firing alert of 3 received" in response.content.decode()
    assert not Silence.objects.exists()


def test_a_stored_silence_is_asked_about_with_its_edits(admin, scene):
    now = timezone.now()
    silence = Silence.objects.create(name="deploy", starts_at=now, ends_at=now + timedelta(hours=1))
    response = admin.post(f"/admin/routing/silence/{silence.pk}/what-if/", silence_form())
    assert len(response.context["caught"]) == 1


def test_a_silence_that_could_not_be_saved_says_what_is_wrong(admin):
    response = admin.post("/admin/routing/silence/what-if/", silence_form(ends_at_0="2020-01-01"))
    assert "The end must be after the start." in response.content.decode()


@pytest.mark.parametrize("hours", [1, 4, 24])
def test_the_page_of_an_alert_leads_to_a_silence_for_so_many_hours(admin, scene, hours):
    inbound = Inbound.objects.get()
    link = f"/admin/routing/silence/add/?inbound={inbound.pk}&hours={hours}"
    assert link.replace("&", "&amp;") in admin.get(f"/admin/routing/inbound/{inbound.pk}/change/").content.decode()
    initial = admin.get(link).context["adminform"].form.initial
    assert initial["ends_at"] - initial["starts_at"] == timedelta(hours=hours)
    assert initial["when"] == [
        {"field": "source", "op": "is", "value": inbound.source_name},
        {"field": "issue_id", "op": "is", "value": "4100"},
    ]


def test_a_silence_from_the_page_of_an_alert_can_be_saved_as_it_stands(admin, scene):
    link = f"/admin/routing/silence/add/?inbound={Inbound.objects.get().pk}&hours=4"
    initial = admin.get(link).context["adminform"].form.initial
    rows = conditions(*(("and", one["field"], "", one["op"], one["value"]) for one in initial["when"]))
    admin.post("/admin/routing/silence/add/", {**silence_form(name=initial["name"]), **rows})
    assert Silence.objects.get().when == initial["when"]
