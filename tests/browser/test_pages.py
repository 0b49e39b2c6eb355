"""Every page of the admin, in a real browser: it opens, runs nothing of a stranger's, and everybody can use it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

LISTS = ("source", "project", "target", "feishubot", "flashdutytarget", "rule", "severitymapping", "silence", "inbound", "thread", "delivery", "attempt", "quarantinedcall", "apitoken", "auditentry", "rulesversion", "trial")  # fmt: skip
FORMS = ("source", "project", "feishubot", "flashdutytarget", "rule", "silence", "severitymapping", "apitoken")


def open_and_check(page: Page, url: str, trouble: list[str]) -> None:
    response = page.goto(url)
    assert response is not None
    assert response.status == 200, url
    assert page.title() != "owned", url
    assert page.locator("a[href^='javascript:']").count() == 0, url
    assert trouble == [], url
    serious = [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"][:3]
    ]
    assert serious == [], url
    trouble.clear()  # axe itself tries inline styles, which the policy refuses


def test_every_list_opens_cleanly(page: Page, live_server, trouble: list[str]) -> None:
    scene.make()
    for name in LISTS:
        open_and_check(page, f"{live_server.url}/admin/routing/{name}/", trouble)


def test_every_form_opens_cleanly(page: Page, live_server, trouble: list[str]) -> None:
    scene.make()
    for name in FORMS:
        open_and_check(page, f"{live_server.url}/admin/routing/{name}/add/", trouble)
    open_and_check(page, f"{live_server.url}/admin/routing/target/add/", trouble)


def test_every_page_of_one_thing_opens_cleanly(page: Page, live_server, trouble: list[str]) -> None:
    made = scene.make()
    for obj in (made.source, made.project, made.bot, made.flashduty, made.rule, made.silence, made.inbound, made.delivery, made.thread):  # fmt: skip
        open_and_check(page, f"{live_server.url}/admin/routing/{obj._meta.model_name}/{obj.pk}/change/", trouble)


def test_the_dashboard_opens_cleanly(page: Page, live_server, trouble: list[str]) -> None:
    scene.make()
    open_and_check(page, f"{live_server.url}/admin/", trouble)
    assert page.locator(".alarm").count() == 0


def test_a_red_bar_says_so_on_every_page_while_no_worker_runs(page: Page, live_server) -> None:
    for path in ("", "routing/rule/", "routing/target/add/"):
        page.goto(f"{live_server.url}/admin/{path}")
        assert "manage.py up" in page.locator(".alarm").inner_text(), path


def test_pages_stay_within_a_phone_screen(page: Page, live_server) -> None:
    made = scene.make()
    page.set_viewport_size({"width": 390, "height": 800})
    for path in (
        "",
        "routing/inbound/",
        f"routing/inbound/{made.inbound.pk}/change/",
        f"routing/rule/{made.rule.pk}/change/",
    ):
        page.goto(f"{live_server.url}/admin/{path}")
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, path
