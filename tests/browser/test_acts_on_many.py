"""Resending what died, as an operator does it: from a target to the plan, to the job, and stopping it."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from routing.models import AuditEntry, BulkJob, Delivery, Inbound
from routing.services.bulk import jobs
from tests.browser import scene
from tests.browser.looking import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def dead(made: scene.Scene, count: int) -> None:
    """More deliveries that died at the bot, each of an alert of its own."""
    for number in range(count):
        inbound = Inbound.objects.create(
            source=made.source, source_name="acme", project_slug="web", status="routed", reason="matched",
            alert_key=f"{number:040x}", title=f"Boom {number}", alert={**made.inbound.alert, "alert_key": f"{number:040x}"},
        )  # fmt: skip
        Delivery.objects.create(
            inbound=inbound, target=made.bot, target_name="team", kind="feishu", status="dead", reason="bad_address",
            severity="warning", sentry_status="triggered", alert_key=inbound.alert_key, finished_at=timezone.now(),
        )  # fmt: skip


def test_what_died_is_planned_sent_again_in_the_background_and_stopped(
    page: Page, live_server, trouble: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(jobs, "STEP_SECONDS", 600)
    made = scene.make()
    dead(made, 11)
    page.goto(f"{live_server.url}/admin/routing/feishubot/{made.bot.pk}/change/")
    page.locator("a[href*='/bulk/resend/']").click()
    check(page, trouble)
    assert page.locator(".lead strong").inner_text() == "12"
    page.locator("a[href*='/bulk/resend_now/']").click()
    check(page, trouble)
    assert page.locator(".ways a[aria-current]").count() == 1
    page.locator("a[href*='/bulk/resend/']").click()
    assert not BulkJob.objects.exists()
    page.locator(".submit-row [type=submit]").click()
    page.wait_for_url("**/bulkjob/*/change/")
    assert jobs.step(timezone.now()) == 5
    expect(page.locator("#progress .tiles .number").first).to_have_text("5", timeout=30_000)
    check(page, trouble)
    page.locator("#progress button").click()
    page.wait_for_load_state()
    check(page, trouble)
    job = BulkJob.objects.get()
    assert (job.status, job.done, job.left) == ("cancelled", 5, 7)
    assert page.locator("#progress button").count() == 0
    page.locator(f"a[href*='bulk_job={job.pk}']").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(5)
    assert list(AuditEntry.objects.filter(action__startswith="bulk").order_by("id").values_list("action", flat=True)) == [
        "bulk_resend", "bulk_stopped",
    ]  # fmt: skip
    page.set_viewport_size({"width": 390, "height": 800})
    for path in (f"bulkjob/{job.pk}/change/", "delivery/bulk/resend/?status__exact=dead", "bulkjob/"):
        page.goto(f"{live_server.url}/admin/routing/{path}")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
