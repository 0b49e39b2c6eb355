"""What the operations target hears of although no delivery failed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from routing.models import Delivery, Inbound, Notice, Project, Source, Target, Worker
from routing.services.upkeep import listening
from routing.services.upkeep.watching import keep_watch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def duty() -> Target:
    return Target.objects.create(name="duty", kind="feishu", is_operations=True)


EVERY_TEN_MINUTES = [NOW - timedelta(minutes=minutes) for minutes in range(10 * 24 * 60, 0, -10)]
"""Ten days and nights long."""


def hear(source: Source, moments: list[datetime], project: str = "web", **fields: Any) -> None:
    Inbound.objects.bulk_create(
        [
            Inbound(source=source, source_name=source.name, project_slug=project, received_at=at, **fields)
            for at in moments
        ]
    )


def told() -> list[str]:
    rows = Delivery.objects.filter(message_type="operations").order_by("id")
    return [f"{row.severity}: {row.message['title']['en']}" for row in rows]


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


def test_a_source_that_never_called_or_is_not_watched_may_be_quiet() -> None:
    Source.objects.create(name="acme")
    hear(Source.objects.create(name="muted", silence_after_minutes=0), EVERY_TEN_MINUTES)
    keep_watch(NOW + timedelta(days=5))
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


def test_a_source_that_is_quiet_for_longer_than_usual_is_told_and_told_again_when_it_is_over() -> None:
    source = Source.objects.create(name="acme")
    Project.objects.create(source=source, slug="web")
    hear(source, EVERY_TEN_MINUTES)
    keep_watch(NOW)
    keep_watch(NOW + timedelta(minutes=20))
    assert told() == []
    keep_watch(NOW + timedelta(minutes=30))
    keep_watch(NOW + timedelta(minutes=31))
    assert told() == ["warning: acme has been quiet for 40 minutes."]
    hear(source, [NOW + timedelta(minutes=32)])
    keep_watch(NOW + timedelta(minutes=33))
    assert told()[1:] == ["ok: acme is heard again."]
    assert causes() == []


def with_one_quiet_project() -> Source:
    """Two projects with the same rhythm, of which one goes on for another hour."""
    source = Source.objects.create(name="acme")
    for slug in ("web", "shop"):
        Project.objects.create(source=source, slug=slug)
        hear(source, EVERY_TEN_MINUTES, slug)
    hear(source, [NOW + timedelta(minutes=minutes) for minutes in range(0, 60, 10)], "shop")
    return source


def test_one_project_gone_quiet_among_others_is_told_by_name() -> None:
    source = with_one_quiet_project()
    keep_watch(NOW + timedelta(minutes=59))
    assert causes() == ["quiet:acme/web"]
    hear(source, [NOW + timedelta(minutes=60)])
    keep_watch(NOW + timedelta(minutes=61))
    assert told() == ["warning: acme/web has been quiet for 69 minutes.", "ok: acme/web is heard again."]


def test_a_project_that_its_source_took_along_is_neither_told_nor_said_to_be_over() -> None:
    source = with_one_quiet_project()
    keep_watch(NOW + timedelta(minutes=55))
    keep_watch(NOW + timedelta(hours=2))
    assert causes() == ["quiet:acme", "quiet:acme/web"]
    hear(source, [NOW + timedelta(hours=3)], "shop")
    keep_watch(NOW + timedelta(hours=3))
    assert told()[2:] == ["ok: acme is heard again."]
    assert causes() == ["quiet:acme/web"]


def test_a_lasting_silence_is_told_once_a_day_and_a_new_one_after_an_hour() -> None:
    source = Source.objects.create(name="acme", silence_after_minutes=5)
    hear(source, [NOW])
    for hours in (1, 3, 24, 26):
        keep_watch(NOW + timedelta(hours=hours))
    assert [line.partition(" for ")[2] for line in told()] == ["60 minutes.", "1560 minutes."]
    hear(source, [NOW + timedelta(hours=27)])
    keep_watch(NOW + timedelta(hours=27))
    keep_watch(NOW + timedelta(hours=28))
    assert told()[2:] == ["ok: acme is heard again.", "warning: acme has been quiet for 60 minutes."]


def test_our_own_tests_are_no_sign_of_life() -> None:
    source = Source.objects.create(name="acme")
    hear(source, EVERY_TEN_MINUTES)
    hear(source, [NOW + timedelta(minutes=35)], is_test=True)
    keep_watch(NOW + timedelta(minutes=36))
    assert causes() == ["quiet:acme"]


def test_while_webhooks_are_still_taken_in_nobody_cries(monkeypatch) -> None:
    monkeypatch.setattr(listening, "AT_ONCE", 100)
    monkeypatch.setattr(listening, "STEPS", 5)
    source = Source.objects.create(name="acme")
    hear(source, EVERY_TEN_MINUTES)
    later = NOW + timedelta(days=1)
    for _ in range(2):
        keep_watch(later)
        assert causes() == []
    keep_watch(later)
    assert causes() == ["quiet:acme"]


def test_a_round_reads_no_more_however_much_was_received(django_assert_max_num_queries) -> None:
    source = Source.objects.create(name="acme")
    hear(source, EVERY_TEN_MINUTES)
    keep_watch(NOW)
    with django_assert_max_num_queries(40) as round_of_the_watch:
        keep_watch(NOW + timedelta(minutes=1))
    assert not any("COUNT(" in query["sql"] and "routing_inbound" in query["sql"] for query in round_of_the_watch)


def test_what_comes_back_within_the_hour_is_not_told_and_so_is_its_end() -> None:
    source = Source.objects.create(name="acme", silence_after_minutes=5)
    hear(source, [NOW])
    for minutes in (6, 8, 14, 16):
        if minutes in (8, 16):
            hear(source, [NOW + timedelta(minutes=minutes)])
        keep_watch(NOW + timedelta(minutes=minutes))
    assert told() == ["warning: acme has been quiet for 6 minutes.", "ok: acme is heard again."]


def test_refused_calls_are_over_once_calls_are_accepted_and_none_is_refused_for_ten_minutes() -> None:
    source = Source.objects.create(name="acme", refused_count=3, refused_at=NOW, refused_reason="bad_signature")
    keep_watch(NOW)
    keep_watch(NOW + timedelta(minutes=20))
    assert causes() == ["refused:acme"]
    hear(source, [NOW + timedelta(minutes=21)])
    keep_watch(NOW + timedelta(minutes=21))
    assert causes() == []
    assert told()[-1] == "ok: Calls to acme are accepted again."


def test_new_projects_are_told_together_and_none_is_left_out() -> None:
    source = Source.objects.create(name="acme")

    def appear(*slugs: str, at: datetime) -> None:
        for slug in slugs:
            Project.objects.create(source=source, slug=slug, is_learned=True)
        Project.objects.filter(slug__in=slugs).update(created_at=at)

    Project.objects.create(source=source, slug="announced")
    appear(*[f"p{number:02}" for number in range(12)], at=NOW)
    keep_watch(NOW + timedelta(seconds=30))
    appear("late", at=NOW + timedelta(minutes=5))
    for minutes in (6, 30, 61, 62):
        keep_watch(NOW + timedelta(minutes=minutes))
    heads = [line.partition(". ")[0] for line in told()]
    assert heads == [
        "warning: New projects of acme: p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 (+2)",
        "warning: New projects of acme: late",
    ]


def test_a_name_too_long_for_a_cause_is_cut() -> None:
    source = Source.objects.create(name="a" * 100, silence_after_minutes=5)
    Project.objects.create(source=source, slug="b" * 200, silence_after_minutes=5)
    keep_watch(NOW + timedelta(days=30000))
    keep_watch(NOW + timedelta(days=30000, minutes=1))
    assert len(causes()) == 2
    hear(source, [NOW + timedelta(days=30000)], "b" * 200)
    keep_watch(NOW + timedelta(days=30000, minutes=2))
    assert causes() == []
