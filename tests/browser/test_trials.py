"""A test alert, from the button to the bot's answer, as an operator watches it."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_httpserver import HTTPServer

from routing.models import Trial, Worker
from routing.services.delivering import open_door
from routing.services.engine.clock import DatabaseClock
from tests.browser.looking import open_and_check, serious
from tests.routing.calls import make_rule, make_source, make_target
from tests.routing.services.engine.conftest import BAD_SIGNATURE, Bots, Turner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def bots(httpserver: HTTPServer, settings) -> Bots:
    settings.EGRESS_ALLOWED_HOSTS = [f"{httpserver.host}:{httpserver.port}"]
    return Bots(httpserver)


def work() -> None:
    """What a worker does in one go."""
    Worker.objects.get_or_create(name="w", host="h", pid=1, engine="embedded", defaults={"beat_at": timezone.now()})
    Worker.objects.update(beat_at=timezone.now())
    door = open_door(2)
    Turner(DatabaseClock(), door, slots=2).work()
    door.close()


def states(page: Page) -> list[str]:
    found = [step.get_attribute("class") or "" for step in page.locator("ol.steps .step").all()]
    return [names.removeprefix("step ") for names in found]


def test_a_test_alert_is_watched_until_it_is_answered(page: Page, live_server, trouble, bots: Bots) -> None:
    rule = make_rule("everything", make_target("team", url=bots.url("team")))
    make_source()
    page.goto(f"{live_server.url}/admin/routing/rule/{rule.pk}/change/")
    page.click(f"a[href='/admin/routing/rule/{rule.pk}/test/']")
    open_and_check(page, page.url, trouble)
    page.click(".submit-row [type=submit]")
    page.wait_for_selector("[data-steps]")
    trial = Trial.objects.get()
    assert page.url == f"{live_server.url}/admin/routing/trial/{trial.pk}/change/"
    assert states(page) == ["done"] * 4 + ["waiting"]
    assert "manage.py worker" in page.locator(".step.waiting .advice").inner_text()
    page.evaluate("window.stays = true")
    work()
    page.wait_for_selector("[data-over=yes]")
    assert states(page) == ["done"] * 7
    assert page.evaluate("window.stays"), "the page was not loaded again"
    assert "测试" in bots.told("team")[0]
    assert trouble == []
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize(("locale", "advised"), [("en-US", "signing secret"), ("zh-CN", "签名密钥")])
def test_a_refused_test_shows_what_to_do_also_without_scripts(
    browser, live_server, administrator, bots: Bots, locale, advised
) -> None:
    context = browser.new_context(locale=locale, java_script_enabled=False)
    page = context.new_page()
    target = make_target("team", url=bots.url("team"))
    bots.will("team", BAD_SIGNATURE)
    page.goto(f"{live_server.url}/admin/login/?next=/admin/routing/feishubot/{target.pk}/test/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "a-long-password")
    page.click("[type=submit]")
    page.click(".submit-row [type=submit]")
    work()
    page.click("noscript a")
    assert states(page) == ["skipped", "skipped", "done", "done", "done", "done", "failed"]
    assert advised in page.locator(".step.failed .advice").inner_text()
    context.close()
