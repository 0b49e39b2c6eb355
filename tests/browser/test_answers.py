"""Answering an alert in the admin: handing over what is open, muting from a message."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from routing.models import AuditEntry, Delivery, Silence, Thread
from routing.services.silences.muting import mute_link
from tests.browser import scene
from tests.browser.looking import open_and_check

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
    page.wait_for_selector(".messagelist .success")
    assert not Thread.objects.filter(is_open=True).exists()
    assert Delivery.objects.get(sentry_status="resolved").status == "pending"
    assert AuditEntry.objects.get(action="close_thread").detail["note"] == "restarted by hand"
    assert trouble == []


def test_an_alert_is_muted_from_its_message_after_logging_in(page: Page, live_server, trouble) -> None:
    made = scene.make()
    made.inbound.alert["issue_id"] = "42"
    made.inbound.save()
    link = live_server.url + urlsplit(mute_link(made.inbound.pk, timezone.now())).path
    page.context.clear_cookies()
    page.goto(link)
    page.fill("#id_username", "admin")
    page.fill("#id_password", "a-long-password")
    page.click("[type=submit]")
    page.wait_for_url(link)
    open_and_check(page, link, trouble)
    assert not Silence.objects.filter(author__isnull=False).exists()
    page.fill("#reason", "known")
    page.click("input[type=submit].default")
    page.wait_for_selector(".messagelist .success")
    silence = Silence.objects.get(author__username="admin")
    assert (silence.reason, AuditEntry.objects.get(action="mute").object_id) == ("known", str(silence.pk))
    open_and_check(page, link, trouble)
    assert page.locator("#reason").count() == 0
    old = live_server.url + urlsplit(mute_link(made.inbound.pk, timezone.now() - timedelta(days=1))).path
    for address, status in ((old, 410), (link[:-3] + "/", 404)):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == status
        assert page.locator(".warning").count() == 1
        trouble[:] = [text for text in trouble if f"status of {status}" not in text]
    assert trouble == []


def test_a_leaked_key_is_dealt_with_on_one_page(page: Page, live_server, trouble) -> None:
    made = scene.make()
    open_and_check(page, f"{live_server.url}/admin/key-leak/", trouble)
    page.click("#since + button")
    page.wait_for_selector(".state.dead, .state.ok")
    open_and_check(page, page.url, trouble)
    page.fill(f"#secret-{made.source.pk}", "a-new-secret")
    page.click(f"#client_secret-{made.source.pk} form button")
    page.wait_for_selector(".messagelist .success")
    page.click(f"#client_secret-{made.source.pk} tbody a >> nth=0")
    open_and_check(page, page.url, trouble)
    page.click("input[type=submit].default")
    page.wait_for_selector(".messagelist .success")
    assert made.source.client_secrets.get(retired_at=None).secret.open() == "a-new-secret"
    assert trouble == []
