"""Who is well, what waits where, and who has gone quiet or was switched off."""

from datetime import timedelta

import pytest
from django.utils import timezone

from routing.models import Delivery, Inbound, Project, Source, Target, Worker
from routing.selectors.wellbeing import quiet, wellbeing

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def waiting(inbound: Inbound, target: Target, minutes: int) -> None:
    at = NOW - timedelta(minutes=minutes)
    Delivery.objects.create(
        inbound=inbound, target=target, target_name=target.name, kind="feishu", severity="warning", created_at=at,
        project_slug=inbound.project_slug, due_at=at,
    )  # fmt: skip


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="acme", silence_after_minutes=30)


def heard(source: Source, minutes: int, **columns: object) -> Inbound:
    at = NOW - timedelta(minutes=minutes)
    return Inbound.objects.create(source=source, source_name=source.name, received_at=at, **columns)


def test_what_waits_is_counted_by_source_project_and_target_with_the_oldest(source: Source) -> None:
    Project.objects.create(source=source, slug="web")
    bot, other = Target.objects.create(name="bot", kind="feishu"), Target.objects.create(name="other", kind="feishu")
    inbound = heard(source, 9, project_slug="web", status="routed")
    heard(source, 8, project_slug="api", status="received")
    waiting(inbound, bot, 9)
    waiting(inbound, bot, 5)
    waiting(inbound, other, 2)
    found = wellbeing(NOW)
    assert [(one.row.name, one.backlog.count) for one in found.targets] == [("bot", 2), ("other", 1)]
    assert found.targets[0].backlog.oldest_at == NOW - timedelta(minutes=9)
    assert [(one.row.slug, one.backlog.count) for one in found.projects] == [("web", 3)]
    assert [(one.row.name, one.backlog.count) for one in found.sources] == [("acme", 4)]
    assert found.lag_since == NOW - timedelta(minutes=9)


@pytest.mark.parametrize(("minutes", "is_quiet"), [(29, False), (31, True)])
def test_who_is_expected_more_often_has_gone_quiet(source: Source, minutes: int, is_quiet: bool) -> None:
    project = Project.objects.create(source=source, slug="web", silence_after_minutes=30)
    Project.objects.create(source=source, slug="not-watched")
    heard(source, minutes, project_slug="web")
    found = wellbeing(NOW)
    assert [one.row for one in quiet([*found.sources, *found.projects])] == ([source, project] if is_quiet else [])
    assert found.sources[0].last_at == NOW - timedelta(minutes=minutes)


def test_a_target_tells_since_when_it_is_off() -> None:
    target = Target.objects.create(name="bot", kind="feishu")
    target.enabled = False
    target.save()
    switched = target.history.latest().history_date
    target.title = "still off"
    target.save()
    assert wellbeing(NOW).targets[0].paused_since == switched
    target.enabled = True
    target.save()
    assert wellbeing(NOW).targets[0].paused_since is None


def test_a_worker_without_a_heartbeat_is_silent() -> None:
    for name, seconds in (("fresh", 1), ("gone", 60)):
        Worker.objects.create(name=name, host="h", pid=1, engine="embedded", beat_at=NOW - timedelta(seconds=seconds))
    assert {one.row.name: one.is_stale for one in wellbeing(NOW).workers} == {"fresh": False, "gone": True}


def test_the_dashboard_links_its_sums_to_the_rows_of_the_same_time(source: Source, admin_client) -> None:
    heard(source, 5, status="unrouted", reason="unmatched", duplicate_count=2)
    heard(source, 60 * 30, status="unrouted", reason="unmatched")
    page = admin_client.get("/admin/", headers={"Accept-Language": "en"})
    shown = page.context["dashboard"]
    assert shown.received == sum(part.count for part in shown.inbounds) == 1
    assert sum(row["received"] for row in shown.hours) == 1
    assert shown.duplicates == 2
    links = [part for part in page.text.split('"') if "received_at__gte" in part]
    assert len(links) == 8
    for link in links:
        rows = admin_client.get(link.replace("&amp;", "&"))
        assert rows.status_code == 200
        expected = 1 if "status__exact" not in link or "unrouted" in link else 0
        assert rows.context["cl"].result_count == expected, link


def test_a_first_webhook_that_was_refused_counts_as_seen(source: Source, admin_client) -> None:
    source.quarantine.create(reason="bad_signature", data=b"x", size=1)
    steps = {step["code"]: step["done"] for step in admin_client.get("/admin/").context["dashboard"].steps}
    assert steps["webhook"] is True
    assert steps["signature"] is False
