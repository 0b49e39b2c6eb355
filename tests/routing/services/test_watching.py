"""What the operations target hears of although no delivery failed."""

from datetime import UTC, datetime, timedelta

import pytest

from routing.models import Delivery, Inbound, Notice, Project, Source, Target, Worker
from routing.services.watching import keep_watch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def duty() -> Target:
    return Target.objects.create(name="duty", kind="feishu", is_operations=True)


def causes() -> list[str]:
    return list(Notice.objects.filter(over_at__isnull=True).order_by("cause").values_list("cause", flat=True))


def test_a_source_and_a_project_gone_quiet_are_told_once_and_are_over_with_the_next_webhook() -> None:
    source = Source.objects.create(name="acme", silence_after_minutes=30)
    Project.objects.create(source=source, slug="web", silence_after_minutes=10)
    Source.objects.update(created_at=NOW - timedelta(days=1))
    Project.objects.update(created_at=NOW - timedelta(days=1))
    keep_watch(NOW)
    keep_watch(NOW + timedelta(minutes=1))
    assert causes() == ["quiet:acme", "quiet:acme/web"]
    assert Delivery.objects.filter(message_type="operations").count() == 2
    later = NOW + timedelta(minutes=2)
    Inbound.objects.create(source=source, source_name="acme", project_slug="web", received_at=later)
    keep_watch(later)
    assert causes() == []


def test_a_source_that_nobody_watches_may_be_quiet() -> None:
    Source.objects.create(name="acme")
    keep_watch(NOW + timedelta(days=400))
    assert causes() == []


def test_refused_calls_and_unrouted_projects_are_told() -> None:
    Source.objects.create(name="acme", refused_count=3, refused_at=NOW, refused_reason="bad_signature")
    Inbound.objects.create(source_name="acme", project_slug="web", status="unrouted", received_at=NOW)
    keep_watch(NOW + timedelta(seconds=10))
    assert causes() == ["refused:acme", "unrouted:acme/web"]


def test_a_silent_worker_is_told_and_forgotten_once_it_beats_again() -> None:
    Worker.objects.create(name="w", host="h1", pid=1, engine="embedded", beat_at=NOW - timedelta(minutes=5))
    keep_watch(NOW)
    assert causes() == ["worker:h1"]
    Worker.objects.update(beat_at=NOW)
    keep_watch(NOW + timedelta(seconds=5))
    assert causes() == []


def test_the_sentence_is_kept_in_both_languages() -> None:
    Source.objects.create(name="acme", refused_count=3, refused_at=NOW, refused_reason="bad_signature")
    keep_watch(NOW)
    title = Notice.objects.get().title
    assert "acme" in title["en"]
    assert "acme" in title["zh"]
    assert title["en"] != title["zh"]
