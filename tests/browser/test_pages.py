"""Every page that is made for people, in a real browser, full of hostile text: it opens, runs nothing, cuts nothing off."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from routing.models import Worker
from tests.browser import scene
from tests.browser.conftest import ROOMS, opened
from tests.browser.hostile import hostile_stage
from tests.browser.looking import PHONE, WIDE, check, harm, serious
from tests.routing.admin.matrix.addresses import address, page_of, registered
from tests.routing.admin.matrix.table import NOBODY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

FIRST = "en-US"
"""The language whose pages are looked at on a desk; the other's on a phone."""
SHARES = 4
"""Into so many tests the pages are dealt, so that processes can share them."""
NO_PAGES = ("_table", "jsi18n", "_trial_steps")
"""What the names of files and of parts of pages end with."""


def shown() -> list[str]:
    """The names of all pages there are."""
    found = []
    for name in sorted(registered()):
        page = page_of(name)
        assert page is not None, name
        if page.sees != NOBODY and page.status[0] == 200 and not name.endswith(NO_PAGES) and name != "login":
            found.append(name)
    return found


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_bears_hostile_text_in_either_language_and_width(
    share: int, tabs: dict[str, Page], live_server, trouble
) -> None:
    stage = hostile_stage()
    names = sorted(shown(), key=lambda name: name.rpartition("_")[::-1])
    wrong = []
    for name in names[share * len(names) // SHARES : (share + 1) * len(names) // SHARES]:
        for language, tab in tabs.items():
            found = look_at(tab, live_server.url + address(name, stage), language, trouble)
            wrong += [f"{name}, {language}: {text[:400]}" for text in found]
    assert wrong == [], "\n".join(wrong)


def look_at(page: Page, url: str, language: str, trouble: list[str]) -> list[str]:
    """What is wrong with a page, in the width of its language and, as far as words run or overflow, in the other."""
    first, second = (WIDE, PHONE) if language == FIRST else (PHONE, WIDE)
    page.set_viewport_size(second)
    answer = page.goto(url)
    if answer is None or answer.status != 200:
        return ["is not answered with a page"]
    wrong = [f"in the other width: {found}" for found in harm(page)]
    page.set_viewport_size(first)
    wrong += [*harm(page), *trouble, *serious(page)]
    trouble.clear()  # axe itself tries inline styles, which the policy refuses
    return wrong


@pytest.fixture
def tabs(profiles, log_in_to, administrator, trouble) -> Iterator[dict[str, Page]]:
    """The administrator's tab in each language."""
    tabs = {language: opened(profiles[language], trouble) for language in ROOMS}
    for language in ROOMS:
        log_in_to(profiles[language], administrator)
    yield tabs
    for language, tab in tabs.items():
        tab.close()
        profiles[language].clear_cookies()


@pytest.fixture(autouse=True)
def demo(settings: Any, tmp_path: Any) -> None:
    """Its page is there while it is on."""
    settings.SANDBOX_SWITCH = tmp_path / "sandbox"
    settings.SANDBOX_SWITCH.write_text("127.0.0.1:1")


def test_a_red_bar_says_so_on_every_page_while_no_worker_runs(page: Page, live_server, trouble) -> None:
    for path in ("", "routing/target/add/"):
        page.goto(f"{live_server.url}/admin/{path}")
        assert "manage.py up" in page.locator(".alarm").inner_text(), path
    check(page, trouble)
    scene.make()
    assert Worker.objects.exists()
    page.goto(f"{live_server.url}/admin/")
    assert page.locator(".alarm").count() == 0
