"""What is looked for on every page: nothing that complains, nothing that runs, nothing cut off, nobody shut out."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 800}
PROMISED = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "preload": False,
    "iframes": False,
}
"""WCAG 2.2 AA, which is what is promised."""
FRAME = ["#nav-sidebar", "#header"]
"""What is the same around every page, and looked at on the dashboard."""
_LOADED = f"window.loadAxe = () => {{ if (!window.axe) {{ {AXE_SCRIPT} }} }};"
"""There on every page, and read only where it is called."""
SERIOUS = """
async ([options, frame]) => {
  loadAxe();
  const hidden = frame.flatMap(selector => [...document.querySelectorAll(selector)]);
  for (const each of hidden) each.style.display = "none";  // it would be gone through all the same
  const {violations} = await axe.run(document, options);
  for (const each of hidden) each.style.display = "";
  return violations.filter(found => ["serious", "critical"].includes(found.impact))
    .flatMap(found => found.nodes.slice(0, 3).map(node => `${found.id}: ${node.html.slice(0, 160)}`));
}
"""
CLEAN = """
() => ({
  title: document.title,
  dangerous: document.querySelectorAll("a[href^='javascript:'], [src^='javascript:']").length,
  cut: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  wide: document.documentElement.scrollWidth <= document.documentElement.clientWidth ? "" : [...document.body.querySelectorAll("*")]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth && !each.closest(".scroll, .results, #nav-sidebar"))
    .slice(-4).map(each => `${each.tagName} ${each.id} ${each.className}`).join(", "),
})
"""


def new_profile(browser: Browser, **options: Any) -> BrowserContext:
    """A profile whose pages can be looked at; the options are those of `new_context`."""
    profile = browser.new_context(**options)
    profile.add_init_script(_LOADED)
    return profile


def open_and_check(page: Page, url: str, trouble: list[str]) -> None:
    """Open a page and look at it in the width the browser has."""
    response = page.goto(url)
    assert response is not None
    assert response.status == 200, url
    check(page, trouble)


def check(page: Page, trouble: list[str]) -> None:
    """Look at the page that is open."""
    found = [*harm(page), *trouble, *serious(page)]
    trouble.clear()  # axe itself tries inline styles, which the policy refuses
    assert found == [], f"{page.url}: {found}"


def harm(page: Page) -> list[str]:
    """What a stranger's text did: ran, became a link that runs, or pushed the page wider than the screen."""
    seen: dict[str, Any] = page.evaluate(CLEAN)
    return [
        *(["a script ran"] if seen["title"] == "owned" else []),
        *([f"{seen['dangerous']} links run scripts"] if seen["dangerous"] else []),
        *([f"{seen['cut']} px are cut off: {seen['wide']}"] if seen["cut"] > 0 else []),
    ]


def serious(page: Page) -> list[str]:
    """What shuts people out, by the rules that are promised."""
    is_dashboard = page.url.endswith("/admin/")
    return list(page.evaluate(SERIOUS, [PROMISED, [] if is_dashboard else FRAME]))
