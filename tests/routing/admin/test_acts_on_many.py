"""Acts on many in the admin: from a list to a plan, by POST to a job, and stopping it."""

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from routing.models import AuditEntry, BulkItem, BulkJob, Delivery, Inbound, QuarantinedCall, Target
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db
LIST = "/admin/routing/delivery/"
PLAN = f"{LIST}bulk/resend/"


@pytest.fixture
def operator(client):
    user = User.objects.create_user("olga", is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    client.force_login(user)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def dead():
    """Three dead deliveries for each of two targets, and one that was delivered."""
    make_source()
    make_rule("all", make_target("team", title="Team"), make_target("duty", kind="flashduty"))
    for number in range(4):
        send(issue_id=str(number), title=f"Boom {number}")
    Delivery.objects.update(status="dead", reason="bad_address", finished_at=timezone.now(), due_at=None)
    Delivery.objects.filter(inbound=Inbound.objects.latest("id")).update(status="delivered")
    return Delivery.objects.filter(status="dead")


def text(response) -> str:
    return response.content.decode()


def last() -> int:
    return Delivery.objects.latest("id").pk


def test_the_list_links_to_the_plan_with_its_filters_and_the_plan_writes_nothing(operator, dead):
    page = text(operator.get(f"{LIST}?status__exact=dead&o=1&p=1"))
    assert f'href="{PLAN}?status__exact=dead"' in page
    plan = text(operator.get(f"{PLAN}?status__exact=dead"))
    assert "<strong>6</strong> of 6 are sent again." in plan
    assert ">Team</a></td><td>3</td>" in plan
    assert not BulkJob.objects.exists()
    assert not AuditEntry.objects.exists()


def test_beginning_makes_a_job_for_the_rows_of_the_filter_alone_with_an_audit_row(operator, dead):
    response = operator.post(
        f"{PLAN}?status__exact=dead&target__id__exact={Target.objects.get(name='team').pk}", {"last": last()}
    )
    job = BulkJob.objects.get()
    assert response.headers["Location"] == f"/admin/routing/bulkjob/{job.pk}/change/"
    assert (job.total, job.actor, job.filter["status__exact"]) == (3, "olga", "dead")
    assert AuditEntry.objects.get().detail == {"filter": job.filter, "total": 3}


def test_what_came_after_the_plan_was_shown_is_not_taken_in(operator, dead):
    operator.post(f"{PLAN}?status__exact=dead", {"last": dead.order_by("id")[1].pk})
    assert BulkJob.objects.get().total == 2


@pytest.mark.parametrize(
    "query", ["status__exact=dead", "q=Boom+1", "project=web", "status__in=dead,expired", "severity__exact=warning"]
)
def test_any_filter_of_the_list_is_one_of_the_plan(operator, dead, query):
    shown = operator.get(f"{LIST}?{query}").context["cl"].result_count
    assert operator.get(f"{PLAN}?{query}").context["plan"].found == shown > 0


def test_a_filter_that_cannot_be_used_leads_back_to_the_list_and_starts_nothing(operator, dead):
    for response in (operator.get(f"{PLAN}?nonsense=1"), operator.post(f"{PLAN}?nonsense=1", {"last": last()})):
        assert response.headers["Location"] == LIST
    assert not BulkJob.objects.exists()


def test_the_ticked_rows_go_through_the_plan_too(operator, dead):
    ticked = [row.pk for row in dead[:2]]
    response = operator.post(LIST, {"action": "resend", "_selected_action": ticked}, follow=True)
    assert response.context["plan"].total == 2
    assert ("ticked", 2) in response.context["filters"]
    across = {"action": "resend", "_selected_action": ticked, "select_across": "1"}
    response = operator.post(f"{LIST}?status__exact=dead", across, follow=True)
    assert response.context["plan"].total == 6


def test_the_filter_is_told_in_words(operator, dead):
    plan = operator.get(f"{PLAN}?status__in=dead,expired&q=Boom&target__id__exact={Target.objects.get(name='team').pk}")
    assert [(str(name), str(value)) for name, value in plan.context["filters"]] == [
        ("target", "Team"),
        ("status", "failed (given up), expired"),
        ("search", "Boom"),
    ]


def test_the_page_of_a_target_leads_to_the_plan_of_what_died_there(operator, dead):
    bot = Target.objects.get(name="team")
    page = text(operator.get(f"/admin/routing/target/{bot.pk}/change/"))
    link = f"{PLAN}?target__id__exact={bot.pk}&amp;status__in=dead,expired"
    assert link in page
    assert operator.get(link.replace("&amp;", "&")).context["plan"].total == 3


def test_a_plan_names_who_is_in_trouble_and_what_is_left_out(operator, dead):
    Target.objects.filter(name="team").update(broken_since=timezone.now(), last_failure_reason="bad_address")
    Target.objects.filter(name="duty").update(enabled=False)
    page = text(operator.get(PLAN))
    assert "needs a person" in page
    assert "their target is off" in page


def test_a_list_that_is_too_long_is_refused_with_what_to_do(operator, dead, monkeypatch):
    monkeypatch.setattr("routing.services.bulk.planning.MOST", 2)
    monkeypatch.setattr("routing.services.bulk.jobs.MOST", 2)
    page = text(operator.get(PLAN))
    assert "narrow it with a filter" in page
    assert 'name="last"' not in page
    assert operator.post(PLAN, {"last": last()}).headers["Location"] == PLAN
    assert not BulkJob.objects.exists()


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, "１"])
def test_a_form_that_was_tampered_with_starts_nothing(operator, dead, value):
    assert operator.post(PLAN, {"last": value}).status_code == 403
    assert not BulkJob.objects.exists()


def test_a_running_job_shows_its_numbers_and_can_be_stopped(operator, dead):
    operator.post(PLAN, {"last": last()})
    job = BulkJob.objects.get()
    page = text(operator.get(f"/admin/routing/bulkjob/{job.pk}/change/"))
    assert "data-running" in page
    stop = f"/admin/routing/bulkjob/{job.pk}/cancel/"
    assert operator.get(stop).status_code == 403
    operator.post(stop)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert "data-running" not in text(operator.get(f"/admin/routing/bulkjob/{job.pk}/change/"))
    assert AuditEntry.objects.filter(action="bulk_stopped", actor="olga").exists()


def test_a_viewer_sees_jobs_and_neither_begins_nor_stops_one(client, dead):
    user = User.objects.create_user("vera", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    job = BulkJob.objects.create(act="resend", status="running", total=3, actor="olga")
    assert client.get(f"/admin/routing/bulkjob/{job.pk}/change/").status_code == 200
    assert PLAN not in text(client.get(LIST))
    for response in (
        client.get(PLAN),
        client.post(PLAN, {"last": 1}),
        client.post(f"/admin/routing/bulkjob/{job.pk}/cancel/"),
    ):
        assert response.status_code == 403
    job.refresh_from_db()
    assert (job.status, BulkItem.objects.count()) == ("running", 0)


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("delivery/bulk/cancel/", Delivery),
        ("inbound/bulk/reprocess/", Inbound),
        ("quarantinedcall/bulk/replay/", QuarantinedCall),
    ],
)
def test_the_other_acts_have_plans_and_jobs_too(operator, dead, path, rows):
    make_source("other", key="k-other", secret="right")
    send(key="k-other", secret="wrong")
    Delivery.objects.filter(pk=last()).update(status="pending", finished_at=None)
    Inbound.objects.filter(pk=Inbound.objects.latest("id").pk).update(status="failed")
    assert operator.get(f"/admin/routing/{path}").context["plan"].total == 1
    operator.post(f"/admin/routing/{path}", {"last": rows.objects.latest("id").pk})
    assert BulkJob.objects.get().total == 1


def test_an_act_belongs_to_its_own_list(operator):
    assert operator.get("/admin/routing/delivery/bulk/replay/").status_code == 404
    assert operator.get("/admin/routing/inbound/bulk/resend/").status_code == 404
