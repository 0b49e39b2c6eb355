"""The pages that draw the API's description: drawn, and nothing comes from elsewhere."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_the_description_is_drawn_from_this_host_alone(context, live_server, trouble, language):
    """In English, whatever the browser asks for: it is what programmers and their programs read."""
    for path, selector in (("docs", ".opblock-summary-path"), ("redoc", "[data-section-id]")):
        page = context.new_page()
        answered, stopped = [], []
        page.on("response", lambda response, to=answered: to.append(response.url))
        page.on("requestfailed", lambda request, to=stopped: to.append(request.failure))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(f"{live_server.url}/api/v1/{path}")
        page.wait_for_selector(selector, timeout=30_000)
        assert "/hook/" in page.content()
        assert [url for url in answered if not url.startswith((live_server.url, "data:", "blob:"))] == []
        assert [reason for reason in stopped if reason not in ("csp", "net::ERR_BLOCKED_BY_CSP")] == []
        assert trouble == []
