"""The hand-over page: what is open, closing by hand as each role, and a shift that stays right as a link."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from routing.models import AuditEntry, Delivery, OpenThread, Project, Source, Thread
from tests.routing.admin.roles import ROLES, client_of
from tests.routing.calls import make_target
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db

LIST = "/admin/routing/openthread/"
NOW = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)


@pytest.fixture
def threads() -> list[Thread]:
    """Three open alerts of two targets, told, and one that is over."""
    team, duty = make_target("team"), make_target("duty")
    ended = {"status": "delivered", "finished_at": NOW - timedelta(hours=2), "due_at": None}
    for number, target in enumerate((team, team, duty)):
        store(target, now=NOW - timedelta(hours=3), key=f"issue-{number}", project=f"shop-{number}", **ended)
    store(team, now=NOW, key="over", **ended)
    Thread.objects.filter(alert_key="over").update(is_open=False)
    Thread.objects.update(opened_at=NOW - timedelta(hours=3), last_severity="warning")
    return list(Thread.objects.filter(is_open=True).order_by("id"))


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_what_is_open_and_when_the_target_was_last_told(role, threads):
    with time_machine.travel(NOW, tick=False):
        page = client_of(role).get(LIST).content.decode()
    for number in range(3):
        assert f"Error issue-{number}" in page
    assert "Error over" not in page
    assert "3\N{NO-BREAK SPACE}hours" in page
    assert "not told yet" not in page
    assert f"/admin/routing/thread/{threads[0].pk}/change/" in page
    assert ('name="action"' in page) == (role != "viewer")


def test_what_nobody_was_told_of_yet_says_so(threads):
    Delivery.objects.update(status="dead")
    assert client_of("viewer").get(LIST).content.decode().count("not told yet") == 3


@pytest.mark.parametrize(
    ("query", "shown"),
    [("project=shop-1", {1}), ("target__id__exact={duty}", {2}), ("q=shop-0", {0}), ("hours=12", set())],
)
def test_it_is_narrowed_by_target_project_age_and_text(threads, query, shown):
    duty = threads[2].target_id
    Project.objects.bulk_create(
        Project(source=Source.objects.get(name="hook"), slug=f"shop-{number}") for number in range(3)
    )
    with time_machine.travel(NOW, tick=False):
        page = client_of("viewer").get(f"{LIST}?{query.format(duty=duty)}").content.decode()
    assert {number for number in range(3) if f">Error issue-{number}<" in page} == shown


@pytest.mark.parametrize("role", ROLES)
def test_who_may_close_is_asked_first_and_a_look_changes_nothing(role, threads):
    client, path = client_of(role), f"{LIST}close/?thread={threads[0].pk}"
    assert client.get(path).status_code == (403 if role == "viewer" else 200)
    picked = {"action": "close", "_selected_action": [thread.pk for thread in threads]}
    asked = client.post(LIST, picked)
    assert OpenThread.objects.filter(is_open=True).count() == 3
    assert not AuditEntry.objects.exists()
    assert ("Who hears of it" in asked.content.decode()) == (role != "viewer")
    for page in (LIST, f"{LIST}shift/", f"{LIST}{threads[0].pk}/change/"):
        client.get(page, follow=True)
    assert OpenThread.objects.filter(is_open=True).count() == 3


@pytest.mark.parametrize("role", ROLES)
def test_several_are_closed_at_once_with_a_recovery_and_an_audit_row_each(role, threads):
    chosen = {"thread": [thread.pk for thread in threads[:2]], "tell": "yes", "note": "restarted the shop"}
    answer = client_of(role).post(f"{LIST}close/", chosen)
    allowed = role != "viewer"
    assert answer.status_code == (302 if allowed else 403)
    assert Thread.objects.filter(is_open=True).count() == (1 if allowed else 3)
    assert Delivery.objects.filter(sentry_status="resolved", status="pending").count() == (2 if allowed else 0)
    rows = AuditEntry.objects.filter(action="close_thread", actor=f"the-{role}", detail__note="restarted the shop")
    assert rows.count() == (2 if allowed else 0)


def test_quietly_means_that_nobody_is_told(threads):
    client_of("operator").post(f"{LIST}close/", {"thread": [threads[0].pk], "tell": "no"})
    assert not Delivery.objects.filter(sentry_status="resolved").exists()
    assert Thread.objects.filter(is_open=True).count() == 2


def test_a_target_that_could_not_be_told_is_named(threads):
    Delivery.objects.update(status="dead")
    answer = client_of("operator").post(f"{LIST}close/", {"thread": [threads[2].pk], "tell": "yes"}, follow=True)
    assert "Closed without a message" in answer.content.decode()
    assert "duty" in answer.content.decode()


def test_what_is_closed_meanwhile_is_told_instead_of_asked_about(threads):
    Thread.objects.update(is_open=False)
    answer = client_of("operator").get(f"{LIST}close/?thread={threads[0].pk}&thread=x&thread={'9' * 40}", follow=True)
    assert "None of these is open any more." in answer.content.decode()


def test_the_page_of_an_alert_offers_to_close_it_to_who_may(threads):
    for role, offered in (("viewer", False), ("operator", True)):
        page = client_of(role).get(f"/admin/routing/thread/{threads[0].pk}/change/").content.decode()
        assert ("Close by hand" in page) == offered


def test_the_last_hours_stand_in_the_link_as_absolute_times(threads):
    with time_machine.travel(NOW, tick=False):
        page = client_of("viewer").get(LIST).content.decode()
    assert "shift/?from=2026-05-03T22%3A30Z&amp;to=2026-05-04T10%3A30Z" in page


def test_a_shift_counts_what_happened_in_it_and_leads_to_the_log_of_it(threads):
    path = f"{LIST}shift/?from=2026-05-04T07:00Z&to=2026-05-04T10:00Z"
    client = client_of("viewer")
    page = client.get(path).content.decode()
    assert page.count('<span class="number">3</span>') == 4  # received, routed, deliveries, delivered
    assert "Error issue-1" in page
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('href="')]
    logs = [link for link in links if "__gte=" in link]
    assert len(logs) == 4
    for link in logs:
        listed = client.get(link).content.decode()
        assert listed.count('class="action-select"') + listed.count('class="field-number"') >= 3, link
        assert "Error over" not in listed, link


def test_a_shift_without_times_leads_to_its_permanent_address(threads):
    with time_machine.travel(NOW, tick=False):
        answer = client_of("viewer").get(f"{LIST}shift/")
        local = client_of("operator").get(f"{LIST}shift/?from=2026-05-04T08:00&to=2026-05-04T20:00")
    assert answer.headers["Location"].endswith("?from=2026-05-03T22%3A30Z&to=2026-05-04T10%3A30Z")
    assert local.headers["Location"].endswith("?from=2026-05-04T00%3A00Z&to=2026-05-04T12%3A00Z")


@pytest.mark.parametrize(
    "query",
    ["from=x&to=y", "from=2026-05-04T10:00Z&to=2026-05-04T09:00Z", "from=2026-01-01T00:00Z&to=2026-05-04T00:00Z",
     "from=2026-13-01T00:00Z&to=2026-05-04T00:00Z", "from=0001-01-01T00:00Z&to=9999-12-31T00:00Z"],
)  # fmt: skip
def test_a_span_that_is_none_is_refused_with_what_to_do(query):
    answer = client_of("viewer").get(f"{LIST}shift/?{query}")
    assert answer.status_code == 400
    assert "at most 31 days apart" in answer.content.decode()


def test_what_was_closed_by_hand_is_part_of_the_shift(threads):
    client = client_of("operator")
    client.post(f"{LIST}close/", {"thread": [threads[0].pk], "note": "all quiet again"})
    now = timezone.now()
    span = f"from={now - timedelta(hours=1):%Y-%m-%dT%H:%MZ}&to={now + timedelta(minutes=1):%Y-%m-%dT%H:%MZ}"
    assert "all quiet again" in client.get(f"{LIST}shift/?{span}").content.decode()
