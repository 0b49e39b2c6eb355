"""Seeing before sending: beside the forms while they are edited, and for what is in the log."""

import pytest
from playwright.sync_api import Page

from routing.models import Inbound
from tests.browser.looking import open_and_check, serious
from tests.browser.scene import HOSTILE
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_a_card_is_seen_while_its_target_is_edited_and_for_what_was_received(page: Page, live_server, trouble) -> None:
    bot, duty = make_target("team"), make_target("duty", kind="flashduty")
    rule = make_rule("everything", bot, duty)
    make_source()
    send(title=HOSTILE)

    page.goto(f"{live_server.url}/admin/routing/feishubot/{bot.pk}/change/")
    page.wait_for_selector(".drawn.dark .card .head")
    page.fill("#id_title_prefix", "Shop ")
    page.select_option("#id_language", "en")
    page.wait_for_selector(".drawn.light .head:has-text('Shop ERROR')")
    page.check("[name=preview-simple]")
    page.wait_for_selector(".drawn.light .bubble")
    assert serious(page) == []
    trouble.clear()

    page.goto(f"{live_server.url}/admin/routing/rule/{rule.pk}/change/")
    page.wait_for_selector(".drawn.light .event.warning")
    page.select_option("[name=severity-triggered]", "critical")
    page.wait_for_selector(".drawn.light .event.critical")
    assert page.locator(".drawn.light .card").count() == 1
    assert trouble == []
    assert serious(page) == []
    trouble.clear()
    with page.expect_popup() as opened:
        page.click(".preview-panel button[formtarget=_blank]")
    opened.value.wait_for_selector(".drawn.light .event.critical")

    open_and_check(page, f"{live_server.url}/admin/routing/inbound/{Inbound.objects.get().pk}/preview/", trouble)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.select_option("[name=target]", str(duty.pk))
    page.click("button:not([type=button]).quiet")
    page.wait_for_selector(".drawn.dark .event")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.title() != "owned"
    assert trouble == []
