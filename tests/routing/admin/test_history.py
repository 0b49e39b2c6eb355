"""Every change of configuration is kept with who and what, told field by field, and can be restored after a look."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from routing.fields import Sealed
from routing.models import AuditEntry, Rule, Target

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def rule() -> Rule:
    """A rule that was changed once."""
    first, second = (Target.objects.create(name=name, kind="feishu") for name in ("first", "second"))
    rule = Rule.objects.create(
        name="errors",
        position=1,
        when=[{"field": "level", "op": "at_least", "value": "error"}],
        severity={"triggered": "info"},
    )
    rule.targets.set([first])
    rule.save()
    rule.when = [{"field": "environment", "op": "in", "value": ["production", "staging"]}]
    rule.severity = {"triggered": "critical"}
    rule.repeat_minutes, rule.position = 30, 7
    rule.save()
    rule.targets.set([second])
    return rule


def old_version(rule: Rule) -> str:
    """The address of the version with the first target."""
    record = next(
        one
        for one in rule.history.order_by("history_id")
        if [link.target.name for link in one.targets.all()] == ["first"]
    )
    return f"/admin/routing/rule/{rule.pk}/history/{record.pk}/"


def test_the_history_tells_each_field_in_words(rule: Rule, admin_client) -> None:
    page = admin_client.get(f"/admin/routing/rule/{rule.pk}/history/", headers=ENGLISH).text
    assert "<del>event level is at least error</del> → <ins>environment is one of production, staging</ins>" in page
    assert "<del>first</del>" in page
    assert "<ins>second</ins>" in page
    assert "style=" not in page.split("change-history")[1]


def test_a_look_changes_nothing_and_restoring_brings_all_back_but_the_place(rule: Rule, admin_client) -> None:
    url = old_version(rule)
    page = admin_client.get(url, headers=ENGLISH)
    told = {change.label: (change.before, change.after) for change in page.context["changes"]}
    assert told["Targets"] == ("second", "first")
    assert ("critical", "info") in told.values()
    rule.refresh_from_db()
    assert rule.repeat_minutes == 30
    assert admin_client.post(url, follow=True).status_code == 200
    rule.refresh_from_db()
    assert (rule.repeat_minutes, rule.severity, rule.position) == (0, {"triggered": "info"}, 7)
    assert [target.name for target in rule.targets.all()] == ["first"]
    assert AuditEntry.objects.filter(action="restored", object_name="errors").exists()
    assert rule.history.filter(history_user__username="admin").exists()


def test_what_no_longer_fits_is_refused_and_nothing_changes(rule: Rule, admin_client) -> None:
    url = old_version(rule)
    rule.name = "renamed"
    rule.save()
    Rule.objects.create(name="errors", position=2)
    assert "errors" not in [one.name for one in Rule.objects.filter(pk=rule.pk)]
    admin_client.post(url)
    rule.refresh_from_db()
    assert rule.name == "renamed"
    assert not AuditEntry.objects.filter(action="restored").exists()


def test_a_viewer_looks_and_cannot_restore(rule: Rule, client) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    assert "<button" not in client.get(old_version(rule)).text.split("<main")[1]
    assert client.post(old_version(rule)).status_code == 403


def test_no_secret_is_in_history_and_restoring_leaves_it_alone(admin_client) -> None:
    target = Target.objects.create(name="bot", kind="feishu", credentials={"secret": Sealed.seal("hunter2-old")})
    first = target.history.latest()
    target.title, target.credentials = "changed", {"secret": Sealed.seal("hunter2-new")}
    target.save()
    url = f"/admin/routing/target/{target.pk}/history/{first.pk}/"
    assert "hunter2" not in admin_client.get(url).text
    admin_client.post(url)
    target = Target.objects.get()
    assert (target.title, target.settings()["secret"]) == ("", "hunter2-new")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM routing_historicaltarget")
        assert "credentials" not in [column[0] for column in cursor.description]


def test_the_menu_entries_of_a_kind_lead_to_the_one_history(admin_client) -> None:
    target = Target.objects.create(name="bot", kind="feishu")
    answer = admin_client.get(f"/admin/routing/feishubot/{target.pk}/history/", follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == f"/admin/routing/target/{target.pk}/history/"
