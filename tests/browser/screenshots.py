"""`python -m tests.browser.screenshots`: every page of the admin, in both languages, light and dark, into docs/screenshots/.

Fills a database of its own below a temporary folder, starts the web server on a free port of loopback, looks with the
system's Chromium, and ends what it started. WebP, so that the whole set stays small.
"""

import argparse
import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.loopback import free_port, wait_until_open

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FOLDER = ROOT / "docs" / "screenshots"
LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
SCHEMES = ("light", "dark")
WIDTH, HIGHEST = 1280, 1300
QUALITY = 40
PASSWORD = "only-for-screenshots"
SEED = """
from django.contrib.auth.models import User
from django.utils import timezone
from routing.models import *
from routing.services.setup import tokens
User.objects.create_superuser("admin", password="{password}")
now = timezone.now()
Worker.objects.create(name="relay-1", host="relay-1", pid=7, engine="embedded", slots=64, in_flight=2, beat_at=now.replace(year=now.year + 1))
source = Source.objects.get(name="acme")
QuarantinedCall.objects.create(source=source, reason="bad_signature", data=b"x", size=18204)
Source.objects.filter(pk=source.pk).update(refused_count=3, refused_at=now, refused_reason="bad_signature")
Target.objects.filter(name="team-mobile").update(broken_since=now, last_failure_reason="bad_address", consecutive_failures=1)
Target.objects.exclude(name="team-mobile").update(last_success_at=now)
RulesVersion.objects.create(digest="f" * 64, content={{"rules": []}})
AuditEntry.objects.create(actor="admin", action="resend", object_type="delivery", object_name="#12 → team-data")
tokens.create(name="deploy", role="operator", expires_at=None)
rule = Rule.objects.first(); rule.repeat_minutes = 30; rule.save()
from routing.services.trying import trials
trials.try_rule(rule, source=source, actor=User.objects.get(username="admin"))
from routing.services.bulk import jobs
jobs.start("resend", Delivery.objects.filter(status="dead"), actor=User.objects.get(username="admin"), filters={{"status__exact": "dead"}})
jobs.step(timezone.now())
"""
FIND = """
import json
from django.contrib import admin
from django.urls import reverse
from routing.models import Inbound, Delivery, Thread, Trial
from routing import admin as pages
found = {{}}
def of(model):
    rows = model._default_manager.order_by("-pk")
    if model is Inbound: rows = rows.filter(status="routed")
    if model is Delivery: rows = rows.filter(status="dead")
    if model is Thread: rows = rows.order_by("-next_sequence")
    return rows.values_list("pk", flat=True).first()
for model in admin.site._registry:
    name, label = model._meta.model_name, model._meta.app_label
    found[name + "-list"] = reverse(f"admin:{{label}}_{{name}}_changelist")
    one = of(model)
    if one is not None:
        found[name] = reverse(f"admin:{{label}}_{{name}}_change", args=[one])
for name in ("source", "feishubot", "flashdutytarget", "rule", "silence", "target"):
    found[name + "-add"] = reverse(f"admin:routing_{{name}}_add")
found |= {{"dashboard": reverse("admin:index"), "what-if": reverse("admin:routing_rule_what_if"), "shift": reverse("admin:routing_openthread_shift")}}
from routing.models import Rule
rule = Rule.objects.first()
found |= {{"history": reverse("admin:routing_rule_history", args=[rule.pk]), "restore": reverse("admin:routing_rule_simple_history", args=[rule.pk, rule.history.earliest().pk])}}
routed = Inbound.objects.filter(status="routed", resource="event_alert").latest("pk")
found |= {{"preview": reverse("admin:routing_inbound_preview", args=[routed.pk]), "key-leak": reverse("admin:index") + "key-leak/"}}
found |= {{"test-alert": reverse("admin:routing_rule_test", args=[rule.pk]), "password": reverse("admin:password_change")}}
found |= {{"resend-many": reverse("admin:routing_delivery_bulk", args=["resend"]) + "?status__exact=dead"}}
found |= {{"close": reverse("admin:routing_openthread_close") + f"?thread={{Thread.objects.filter(is_open=True).latest('pk').pk}}"}}
from django.utils import timezone
from routing.services.silences.muting import mute_link
found |= {{"mute": reverse("admin:index") + mute_link(routed.pk, timezone.now()).partition("/admin/")[2]}}
found |= {{"api-docs": reverse("docs"), "api-reference": reverse("redoc")}}
found |= {{"trial": reverse("admin:routing_trial_change", args=[Trial.objects.latest("pk").pk])}}
print(json.dumps(found))
"""


def main() -> None:
    """Take them all, or those whose names contain what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="pages whose names match this regular expression")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relay-shots-") as folder, served(Path(folder)) as (address, pages):
        FOLDER.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
            )
            for name, path in sorted(pages.items()):
                if re.search(options.only, name):
                    photograph(browser, address + path, name)
            photograph(browser, f"{address}/admin/login/", "login")
            browser.close()
    size = sum(file.stat().st_size for file in FOLDER.glob("*.webp"))
    sys.stderr.write(f"{len(list(FOLDER.glob('*.webp')))} pictures, {size / 1e6:.1f} MB\n")


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A filled database behind a running web server: its address, and the path of every page by name."""
    import json

    environment = {**os.environ, "VAR_DIR": str(folder), "TIME_ZONE": "Asia/Shanghai"}
    environment.pop("DATABASE_URL", None)
    port = free_port()
    environment["PUBLIC_URL"] = f"http://127.0.0.1:{port}"

    def run(*arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return done.stdout

    run("manage.py", "migrate", "--verbosity", "0")
    run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    run("-m", "bench.fill", "--rows", "1500", "--days", "2", "--projects", "24")
    run("manage.py", "shell", "--no-imports", "--command", SEED.format(password=PASSWORD))
    pages = json.loads(run("manage.py", "shell", "--no-imports", "--command", FIND.format()).strip().splitlines()[-1])
    server = subprocess.Popen([sys.executable, "manage.py", "web", "--port", str(port)], cwd=ROOT, env=environment)
    try:
        wait_until_open(port)
        yield f"http://127.0.0.1:{port}", pages
    finally:
        server.terminate()
        server.wait(20)


DRAWN = {"api-docs": ".opblock", "api-reference": "h1"}
"""What is there once a page has drawn itself from the description of the API."""
CONTEXTS: dict[str, BrowserContext] = {}


def photograph(browser: Browser, url: str, name: str) -> None:
    """One page in both languages, light and dark."""
    for language, locale in LANGUAGES.items():
        context = CONTEXTS.get(language) or _logged_in(browser, language, locale, url)
        page = context.new_page() if name != "login" else browser.new_context(locale=locale).new_page()
        page.set_viewport_size({"width": WIDTH, "height": 900})
        page.goto(url)
        page.wait_for_selector(DRAWN.get(name, "body"), timeout=60_000)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            if name == "dashboard":
                page.reload()  # the chart takes its colours when it is drawn
            page.wait_for_timeout(150)
            _keep(page, FOLDER / f"{name}.{language}.{scheme}.webp")
        page.close()
    sys.stderr.write(f"{name}\n")


def _keep(page: Page, file: Path) -> None:
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), HIGHEST)
    clip: dict[str, Any] = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 0.6}
    asked = {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True}
    answer = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    file.write_bytes(base64.b64decode(answer["data"]))


def _logged_in(browser: Browser, language: str, locale: str, url: str) -> BrowserContext:
    context = browser.new_context(locale=locale, timezone_id="Asia/Shanghai", viewport={"width": WIDTH, "height": 900})
    page = context.new_page()
    page.goto(urljoin(url, "/admin/login/?next=/admin/"))
    page.fill("#id_username", "admin")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    page.close()
    CONTEXTS[language] = context
    return context


if __name__ == "__main__":
    main()
