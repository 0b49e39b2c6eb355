"""Signing in at a provider on another origin, as a browser does it: policies, cookies and redirects included."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import opened
from tests.browser.looking import new_profile, serious
from tests.relaying import Relay, own_database
from tests.site.providers import CLIENT, SECRET, House, open_house

pytestmark = pytest.mark.browser
SRE = {"sub": "kim-1", "preferred_username": "kim", "email": "kim@example.com", "groups": ["sre"]}


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


@pytest.fixture
def address(house: House, tmp_path) -> Iterator[str]:
    """Of a relay that knows this provider."""
    with own_database() as url:
        relay = Relay(tmp_path, url, shows_pages=True)
        relay.environment |= {
            "SSO_OIDC_URL": house.url, "SSO_OIDC_CLIENT_ID": CLIENT, "SSO_OIDC_CLIENT_SECRET": SECRET,
            "SSO_OIDC_NAME": "Keycloak", "SSO_OPERATOR_GROUPS": "sre",
        }  # fmt: skip
        relay.environment.pop("EGRESS_PROXY", None)
        try:
            relay.start()
            yield f"http://127.0.0.1:{relay.port}"
        finally:
            relay.destroy()


def visit(browser: Browser, locale: str, trouble: list[str]) -> Page:
    """A tab of somebody with this language, whose complaints are collected."""
    return opened(new_profile(browser, locale=locale), trouble)


def sign_in(page: Page, address: str, words: str, trouble: list[str]) -> None:
    page.goto(f"{address}/admin/routing/rule/")
    assert [*trouble, *serious(page)] == []
    trouble.clear()  # the checker's own script
    page.click(f"a:has-text('{words}')")


def test_somebody_signs_in_at_the_provider_lands_where_they_wanted_and_leaves(
    browser: Browser, house: House, address: str, trouble: list[str]
) -> None:
    house.person = dict(SRE)
    page = visit(browser, "en-US", trouble)
    sign_in(page, address, "Sign in with Keycloak", trouble)
    page.wait_for_url(f"{address}/admin/routing/rule/")
    assert page.locator("#user-tools").inner_text().upper().count("KIM") == 1
    assert page.locator("a.addlink").count() >= 1
    page.click("#logout-form button")
    page.goto(f"{address}/admin/")
    assert "/admin/login/" in page.url
    assert trouble == []
    page.context.close()

    page = visit(browser, "zh-CN", trouble)
    sign_in(page, address, "使用 Keycloak 登录", trouble)
    page.wait_for_url(f"{address}/admin/routing/rule/")
    page.click("#logout-form button")
    house.person["groups"] = ["sales"]
    sign_in(page, address, "使用 Keycloak 登录", trouble)
    assert "您所在的用户组在此没有角色" in page.inner_text("body")
    assert serious(page) == []
    page.context.close()
