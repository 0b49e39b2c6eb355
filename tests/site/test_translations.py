"""Both languages are whole: every marked text is translated, and no page mixes them."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override

from routing.models import Delivery, Inbound, Notice, Source, Target, Worker
from tests.translations import marked, marks, problems

CHINESE = re.compile("[\u4e00-\u9fff]")
SHOWN = ("aria-label", "title", "placeholder", "alt", "data-received", "data-delivered", "data-done")
SILENT = ("script", "style", "code", "pre")
HARD = (
    "Dashboard", "Last 24 hours", "deliveries", "unrouted", "waiting", "failed (given up)", "open alerts",
    "First steps", "Connect Sentry", "Needs a person", "make a rule", "failing", "Targets", "No worker is running.",
    "Sentry connections", "routing rules", "received webhooks", "delivery log", "alert timelines", "silences",
)  # fmt: skip


class Texts(HTMLParser):
    """What a page shows and says, in its order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within += [tag] if tag in SILENT else []
        self.found += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            self._within.remove(tag)

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._within:
            self.found.append(data.strip())


@pytest.fixture
def troubles(db: None) -> None:
    """Everything that the dashboard lists when things go wrong."""
    now = timezone.now()
    bot = Target.objects.create(name="team", kind="feishu", consecutive_failures=3, last_failure_reason="timeout")
    source = Source.objects.create(name="acme", refused_count=2, refused_at=now, refused_reason="unsigned")
    stored = {"source": source, "source_name": "acme", "received_at": now, "project_slug": "web"}
    inbound = Inbound.objects.create(**stored, status="unrouted", reason="unmatched")
    Delivery.objects.create(
        inbound=inbound,
        target=bot,
        target_name="team",
        kind="feishu",
        severity="critical",
        status="dead",
        finished_at=now,
    )
    Notice.objects.create(cause="broken:team", title={"en": "team takes no more", "zh": "“team”不再接收"})
    Worker.objects.create(name="one", host="one", pid=1, engine="embedded", beat_at=now.replace(year=2020))


def dashboard(client: Client, language: str) -> list[str]:
    """The texts of the dashboard as a browser of that language gets them."""
    answer = client.get("/admin/", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return Texts(answer.text).found


def test_every_marked_text_is_translated_and_the_compiled_file_is_the_one_of_the_source() -> None:
    assert problems() == []


def test_texts_are_found_in_code_and_in_templates() -> None:
    assert list(marks('x = pgettext_lazy("c", "a"), _("b"), ngettext("d", "e", 2), other("f")')) == [
        ("c", "a"), ("", "b"), ("", "d"),
    ]  # fmt: skip
    assert {
        ("", "Resend"),
        ("condition", "operator"),
        ("", "unrouted"),
        ("", "%(counter)s item waits and nothing is delivered."),
        ("", "Too many wrong passwords. Try again in five minutes."),
    } <= marked()


@pytest.mark.usefixtures("troubles")
def test_the_english_dashboard_has_no_chinese(admin_client: Client) -> None:
    texts = dashboard(admin_client, "en-US,en;q=0.9")
    assert [text for text in texts if CHINESE.search(text)] == []
    assert "Needs a person" in texts
    assert "team takes no more" in " ".join(texts)


@pytest.mark.usefixtures("troubles")
def test_the_chinese_dashboard_has_no_english_left_over(admin_client: Client) -> None:
    texts = dashboard(admin_client, "zh-CN,zh;q=0.9,en;q=0.8")
    with override("zh-hans"):
        translated = {source.casefold() for _context, source in marked() if gettext(source) != source}
        expected = [gettext(word) for word in HARD]
    assert [text for text in texts if text.casefold() in translated] == []
    assert [word for word in expected if word not in " ".join(texts)] == []
    assert "“team”不再接收" in " ".join(texts)


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "title"), [("zh-CN", "页面不存在"), ("en", "This page does not exist")])
def test_error_pages_speak_the_language_of_the_browser(client: Client, language: str, title: str) -> None:
    assert f"<h1>{title}</h1>" in client.get("/nothing", headers={"Accept-Language": language}).text
