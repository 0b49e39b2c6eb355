"""What was changed is looked at and taken back, in either language."""

import pytest
from playwright.sync_api import Page

from routing.models import AuditEntry, Rule
from tests.browser.looking import check, open_and_check
from tests.routing.calls import make_rule, make_target

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SAID = {"en-US": ("repeat", "Restore"), "zh-CN": ("重复", "恢复")}


def test_a_change_is_found_in_the_history_looked_at_and_taken_back(page: Page, live_server, trouble, language) -> None:
    rule = make_rule("errors", make_target("team"), repeat_minutes=30)
    rule.save()
    page.goto(f"{live_server.url}/admin/routing/rule/{rule.pk}/change/")
    page.fill("#id_repeat_minutes", "0")
    page.click("[name=_continue]")
    assert Rule.objects.get().repeat_minutes == 0
    field, restore = SAID[language]

    page.click(".object-tools a.historylink")
    check(page, trouble)
    newest = page.locator("#content tbody tr").first.inner_text()
    assert field in newest.lower()
    assert ("30" in newest, "admin" in newest) == (True, True)

    page.locator("#content tbody tr a[href*='/history/']").last.click()
    open_and_check(page, page.url, trouble)
    assert "30" in page.locator("#content").inner_text()
    assert Rule.objects.get().repeat_minutes == 0, "looking changes nothing"
    button = page.locator("#content form[method=post] [type=submit]")
    assert restore in (button.get_attribute("value") or button.inner_text())
    button.click()
    page.wait_for_selector(".messagelist .success")
    check(page, trouble)
    assert Rule.objects.get().repeat_minutes == 30
    assert AuditEntry.objects.filter(object_id=str(rule.pk), actor__contains="admin").exists()
