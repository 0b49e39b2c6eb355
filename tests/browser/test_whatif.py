"""What would change, as an operator asks it: from the form, in a new page, without losing or saving anything."""

import pytest
from playwright.sync_api import Page

from routing.models import Rule, Silence
from tests.browser import scene
from tests.browser.looking import serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_the_rule_form_asks_in_a_new_page_and_saves_nothing(page: Page, live_server, trouble: list[str]) -> None:
    made = scene.make()
    page.goto(f"{live_server.url}/admin/routing/rule/{made.rule.pk}/change/")
    page.fill("#id_name", "another name")
    with page.expect_popup() as opened:
        page.click("button[formaction$='/what-if/']")
    answer = opened.value
    answer.wait_for_load_state()
    assert answer.locator("#by-target").count() == 1
    assert answer.title() != "owned"
    assert trouble == []
    assert serious(answer) == []
    assert page.input_value("#id_name") == "another name"
    assert Rule.objects.get().name == "errors"


def test_the_silence_form_shows_what_it_would_have_caught(page: Page, live_server, trouble: list[str]) -> None:
    made = scene.make()
    page.goto(f"{live_server.url}/admin/routing/silence/add/?inbound={made.inbound.pk}&hours=4")
    with page.expect_popup() as opened:
        page.click("button[formaction$='/what-if/']")
    answer = opened.value
    answer.wait_for_load_state()
    assert answer.locator(f"a[href='/admin/routing/inbound/{made.inbound.pk}/change/']").count() == 1
    assert trouble == []
    assert serious(answer) == []
    assert Silence.objects.count() == 1
