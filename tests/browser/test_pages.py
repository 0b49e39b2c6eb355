"""Every page that is made for people, in a real browser, full of hostile text: it opens, runs nothing, cuts nothing off."""

from typing import Any

import pytest
from playwright.sync_api import Page

from routing.models import Worker
from tests.browser import scene
from tests.browser.hostile import hostile_stage
from tests.browser.looking import PHONE, WIDE, check, harm, open_and_check
from tests.routing.admin.matrix.addresses import address, page_of, registered
from tests.routing.admin.matrix.table import NOBODY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

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
def test_every_page_bears_hostile_text_in_either_width(share: int, page: Page, live_server, trouble, language) -> None:
    stage = hostile_stage()
    wide_first = language == "en-US"
    wrong = []
    for name in shown()[share::SHARES]:
        page.set_viewport_size(
            WIDE if wide_first else PHONE
        )  # axe looks at one language on a phone, at the other on a desk
        try:
            open_and_check(page, live_server.url + address(name, stage), trouble)
        except AssertionError as error:
            wrong.append(f"{name}: {str(error)[:400]}")
        page.set_viewport_size(PHONE if wide_first else WIDE)
        wrong += [f"{name}, {'phone' if wide_first else 'desk'}: {found}" for found in harm(page)]
    assert wrong == [], "\n".join(wrong)


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
