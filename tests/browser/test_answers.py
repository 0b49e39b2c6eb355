"""Answering an alert in the admin: handing over what is open."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from routing.models import AuditEntry, Delivery, Thread
from tests.browser import scene
from tests.browser.test_pages import open_and_check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_a_shift_is_handed_over_and_what_sentry_never_ends_is_closed(page: Page, live_server, trouble) -> None:
    made = scene.make()
    Delivery.objects.filter(pk=made.delivery.pk).update(
        status="delivered", reason="", finished_at=timezone.now(), project_slug="web"
    )
    open_and_check(page, f"{live_server.url}/admin/", trouble)
    page.click("a[href='/admin/routing/openthread/'] >> nth=0")
    open_and_check(page, page.url, trouble)
    assert page.locator("a[href^='javascript:']").count() == 0
    shift = page.locator("a[href*='/shift/?from=']").nth(1).get_attribute("href") or ""
    open_and_check(page, live_server.url + shift[shift.index("/admin/") :], trouble)
    page.click("[data-copy=link]")
    page.goto(f"{live_server.url}/admin/routing/openthread/")
    page.locator("input.action-select").first.check()
    page.select_option("select[name=action]", "close")
    page.click("button[name=index]")
    assert Thread.objects.filter(is_open=True).count() == 1
    open_and_check(page, f"{live_server.url}/admin/routing/openthread/close/?thread={made.thread.pk}", trouble)
    page.check("input[name=tell][value=yes]")
    page.fill("#note", "restarted by hand")
    page.click("input[type=submit].default")
    assert page.locator(".messagelist .success").count() == 1
    assert not Thread.objects.filter(is_open=True).exists()
    assert Delivery.objects.get(sentry_status="resolved").status == "pending"
    assert AuditEntry.objects.get(action="close_thread").detail["note"] == "restarted by hand"
    assert trouble == []
