"""The pages of connections and projects say what is expected of them, when they were heard, and what is said when."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from routing.models import Delivery, Inbound, Project, Source, Target
from routing.services.upkeep.watching import keep_watch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 4, 10, tzinfo=UTC)
"""Ten past twelve in Shanghai."""


@pytest.fixture
def source() -> Source:
    Target.objects.create(name="duty", kind="feishu", is_operations=True)
    source = Source.objects.create(name="acme")
    Project.objects.create(source=source, slug="web")
    Source.objects.update(created_at=NOW - timedelta(days=30))
    return source


def heard(source: Source, *, days: int, minutes: int) -> None:
    """Take in what came so often for so many days, until now."""
    moments = [NOW - timedelta(minutes=ago) for ago in range(days * 24 * 60, -1, -minutes)]
    known: dict[str, Any] = {"source": source, "source_name": source.name, "project_slug": "web"}
    Inbound.objects.bulk_create([Inbound(**known, received_at=at) for at in moments])
    keep_watch(NOW)


def said(sender: Source | Project, language: str = "en", at: datetime = NOW) -> list[str]:
    """What the page says of the rhythm, line by line."""
    client = Client(headers={"accept-language": language})
    client.force_login(User.objects.get_or_create(username="boss", is_staff=True, is_superuser=True)[0])
    with time_machine.travel(at, tick=False):
        html = client.get(f"/admin/routing/{sender._meta.model_name}/{sender.pk}/change/").content.decode()
    found = re.search(r"<ul class='rhythm'>(.*?)</ul>", html, re.DOTALL)
    assert found is not None
    return [unescape(re.sub("<[^>]+>", "", line)) for line in re.findall("<li>(.*?)</li>", found[1], re.DOTALL)]


def test_a_learned_rhythm_says_what_is_usual_and_what_is_told_when(source: Source) -> None:
    heard(source, days=10, minutes=10)
    what, last, told = said(source)
    assert what == "Learned from 1441 webhooks on 11 days: after the last one, a silence of up to 33 min is usual."
    assert "12:10" in last
    assert re.fullmatch("If nothing arrives until .*12:43.*, duty is told “acme has been quiet for 33 minutes.”", told)
    assert said(Project.objects.get())[2:] == [
        told.replace("acme has", "acme/web has"),
        "While the whole connection is quiet, that alone is told.",
    ]
    assert said(source, "zh-hans")[2].endswith("acme 已有 33 分钟没有收到 webhook。”")


def test_what_the_page_announces_is_what_the_watch_tells(source: Source) -> None:
    heard(source, days=10, minutes=10)
    late = NOW + timedelta(minutes=40)
    for at, is_told in ((NOW + timedelta(minutes=33), False), (late, True)):
        keep_watch(at)
        told = [row.message["title"]["en"] for row in Delivery.objects.filter(message_type="operations")]
        assert told == (["acme has been quiet for 40 minutes."] if is_told else [])
    assert said(source, at=late)[2] == "Too long: duty is told “acme has been quiet for 40 minutes.”"


@pytest.mark.parametrize(
    ("minutes", "days", "every", "begins"),
    [
        (
            None,
            3,
            10,
            "Still being learned: 433 webhooks on 4 days so far. It takes 8 days, and 200 webhooks on 5 of them;",
        ),
        (None, 20, 600, "Heard too rarely to learn from (49 webhooks on 21 days):"),
        (0, 10, 10, "Not watched, as 0 minutes are set here."),
    ],
)
def test_where_no_silence_is_told_the_page_says_why(minutes, days, every, begins, source: Source) -> None:
    Source.objects.update(silence_after_minutes=minutes)
    heard(source, days=days, minutes=every)
    lines = said(source)
    assert lines[0].startswith(begins)
    assert len(lines) == 2


def test_a_set_expectation_counts_from_the_first_day_and_names_who_is_told(source: Source) -> None:
    assert said(source) == [
        "Not heard of lately: no silence is told before webhooks arrive, unless minutes are set here.",
        "Last heard: —.",
    ]
    Source.objects.update(silence_after_minutes=90, created_at=NOW - timedelta(minutes=30))
    Target.objects.update(is_operations=False)
    what, _last, told = said(source)
    assert what == "Expected at least every 1 h 30 min, as set here."
    assert "the dashboard (no operations target is set) is told “acme has been quiet for 90 minutes.”" in told
