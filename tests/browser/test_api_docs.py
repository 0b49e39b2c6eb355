"""The pages that draw the API's description: drawn, and nothing comes from elsewhere."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def language() -> str:
    """The description is in English only."""
    return "en-US"


@pytest.mark.parametrize(("path", "selector"), [("docs", ".opblock-summary-path"), ("redoc", "[data-section-id]")])
def test_the_description_is_drawn_from_this_host_alone(context, live_server, path, selector):
    page = context.new_page()
    answered, stopped = [], []
    page.on("response", lambda response: answered.append(response.url))
    page.on("requestfailed", lambda request: stopped.append(request.failure))
    page.goto(f"{live_server.url}/api/v1/{path}")
    page.wait_for_selector(selector, timeout=30_000)
    assert "/hook/" in page.content()
    assert [url for url in answered if not url.startswith((live_server.url, "data:", "blob:"))] == []
    assert [reason for reason in stopped if reason not in ("csp", "net::ERR_BLOCKED_BY_CSP")] == []
