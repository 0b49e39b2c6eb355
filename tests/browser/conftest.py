"""A real browser in front of a real server: the system's Chromium, no network but loopback."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.conf import settings as site
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.looking import WIDE, new_profile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000
"""How long a slow machine may take to show what is expected."""
ROOMS = {"zh-CN": "dark", "en-US": "light"}
"""Language -> colour scheme: pairs instead of every combination."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser; the test is skipped where there is none, except in CI."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/run installs it")
        pytest.skip("needs the system program chromium")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright runs a loop in this thread; the tests stay synchronous
    )
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> dict[str, BrowserContext]:
    """One profile a language, which keeps the static files that it has loaded."""
    return {
        language: new_profile(browser, locale=language, color_scheme=scheme, viewport=WIDE)
        for language, scheme in ROOMS.items()
    }


@pytest.fixture
def administrator(transactional_db: None) -> User:
    """Somebody who may do everything."""
    return User.objects.create_superuser("admin", password="a-long-password")


@pytest.fixture
def viewer(transactional_db: None) -> User:
    """Somebody who may look."""
    user = User.objects.create_user("viewer", password="a-long-password", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    return user


@pytest.fixture(params=list(ROOMS))
def language(request: pytest.FixtureRequest) -> str:
    """Each language, in its colours."""
    return str(request.param)


@pytest.fixture
def context(language: str, profiles: dict[str, BrowserContext]) -> Iterator[BrowserContext]:
    """A profile in which nobody is logged in."""
    context = profiles[language]
    yield context
    for page in context.pages:
        page.close()
    context.clear_cookies()


@pytest.fixture
def trouble() -> list[str]:
    """What the browser complained about; empty after every story."""
    return []


@pytest.fixture
def log_in_to(live_server: object) -> Callable[[BrowserContext, User], None]:
    """Give a profile somebody's session; the form for it has tests of its own."""

    def log_in_to(context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        name = site.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": str(live_server)}])

    return log_in_to


@pytest.fixture
def log_in(context: BrowserContext, log_in_to: Callable[[BrowserContext, User], None]) -> Callable[[User], None]:
    """As above, in the profile of the test's language."""
    return partial(log_in_to, context)


@pytest.fixture
def page(context: BrowserContext, log_in: Callable[[User], None], administrator: User, trouble: list[str]) -> Page:
    """A tab of the administrator's; console errors and policy violations are collected."""
    log_in(administrator)
    return opened(context, trouble)


def opened(context: BrowserContext, trouble: list[str]) -> Page:
    """A tab whose complaints are collected."""
    page = context.new_page()
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    return page
