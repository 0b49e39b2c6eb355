"""A real browser in front of a real server: the system's Chromium, no network but loopback."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


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


@pytest.fixture(params=["zh-CN", "en-US"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile in each language."""
    context = browser.new_context(locale=request.param, viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def trouble() -> list[str]:
    """What the browser complained about; empty after every story."""
    return []


@pytest.fixture
def page(context: BrowserContext, live_server, administrator: User, trouble: list[str]) -> Page:
    """The admin, logged in; console errors and policy violations are collected."""
    page = context.new_page()
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(live_server.url + "/admin/login/?next=/admin/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "a-long-password")
    page.click("[type=submit]")
    page.wait_for_url(live_server.url + "/admin/")
    return page
