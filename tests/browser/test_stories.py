"""What operators do in the admin, in a real browser and in either language: from the first connection to sending again."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from routing.models import AuditEntry, Delivery, Project, Rule, Silence, Source, Target
from tests.browser import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
LOOPBACK = {"en-US": "loopback", "zh-CN": "回环"}
RESEND = {"en-US": "Resend", "zh-CN": "重发"}
BRAKED = {"en-US": "five minutes", "zh-CN": "五分钟"}
BOT_URL = "https://open.feishu.cn/open-apis/bot/v2/hook/0b7b3b7e"


def test_a_connection_and_a_bot_are_made_and_what_cannot_work_is_refused(
    page: Page, live_server, trouble, language
) -> None:
    page.goto(f"{live_server.url}/admin/routing/source/add/")
    page.fill("#id_name", "acme")
    page.fill("#id_new_client_secret", "s3cret")
    page.click("[name=_save]")
    assert "/webhooks/sentry/k-" in page.locator("ul.keys code").first.inner_text()
    assert LOOPBACK[language] in page.locator(".warning").inner_text()
    assert "s3cret" not in page.content()
    assert Source.objects.get(name="acme").client_secrets.get().secret.open() == "s3cret"

    page.goto(f"{live_server.url}/admin/routing/feishubot/add/")
    page.fill("#id_name", "team")
    for url in ("https://evil.example/open-apis/bot/v2/hook/x", "https://open.feishu.cn/open-apis/bot/hook/x"):
        page.fill("#id_webhook_url", url)
        page.click("[name=_save]")
        assert page.locator(".field-webhook_url .errorlist").inner_text()
    assert not Target.objects.exists()
    page.fill("#id_webhook_url", BOT_URL)
    page.fill("#id_secret", "sign-me")
    page.click("[name=_save]")
    target = Target.objects.get(name="team")
    assert target.settings()["webhook_url"] == BOT_URL
    assert target.settings()["secret"] == "sign-me"
    assert target.history.count() == 1
    assert "sign-me" not in page.content()
    assert BOT_URL not in page.content()
    page.fill("#id_title", "Team")
    page.click("[name=_save]")
    target.refresh_from_db()
    assert (target.title, target.settings()["secret"]) == ("Team", "sign-me")
    assert trouble == []


def test_a_rule_is_refused_beside_its_row_mended_saved_and_moved(page: Page, live_server, trouble) -> None:
    made = scene.make()
    page.goto(f"{live_server.url}/admin/routing/rule/add/")
    page.fill("#id_name", "fatal in production")
    rows = page.locator("[data-conditions] tbody tr")
    rows.nth(0).locator("select[name=when-field]").select_option("title")
    rows.nth(0).locator("select[name=when-op]").select_option("matches")
    rows.nth(0).locator("input[name=when-value]").fill("(")
    page.click("[name=_save]")
    assert "when[0].value" in page.locator(".field-when .errorlist").inner_text()
    assert rows.nth(0).locator("input[name=when-value]").input_value() == "("
    assert Rule.objects.get() == made.rule

    rows.nth(0).locator("select[name=when-field]").select_option("environment")
    rows.nth(0).locator("select[name=when-op]").select_option("in")
    rows.nth(0).locator("input[name=when-value]").fill("production, staging")
    rows.nth(1).locator("select[name=when-join]").select_option("or")
    rows.nth(1).locator("select[name=when-field]").select_option("tag:")
    rows.nth(1).locator("input[name=when-name]").fill("customer")
    rows.nth(1).locator("select[name=when-op]").select_option("is_set")
    page.locator(f"input[name=targets][value='{made.bot.pk}']").check()
    page.select_option("select[name='severity-triggered.fatal']", "critical")
    page.click("[name=_save]")
    rule = Rule.objects.get(name="fatal in production")
    either = [
        {"field": "environment", "op": "in", "value": ["production", "staging"]},
        {"field": "tag:customer", "op": "is_set"},
    ]
    assert (rule.when, rule.severity) == ([{"any": either}], {"triggered.fatal": "critical"})
    assert list(rule.targets.all()) == [made.bot]

    page.get_by_label("↑ fatal in production").click()
    page.wait_for_load_state()
    assert list(Rule.objects.values_list("name", flat=True)) == ["fatal in production", made.rule.name]
    assert trouble == []


def test_an_alert_is_silenced_and_sent_again_and_its_project_gets_a_target(
    page: Page, live_server, trouble, language
) -> None:
    made = scene.make()
    Project.objects.create(source=made.source, slug="shop")
    page.goto(f"{live_server.url}/admin/routing/silence/add/?inbound={made.inbound.pk}&hours=4")
    page.click("[name=_save]")
    silence = Silence.objects.exclude(pk=made.silence.pk).get()
    assert silence.author == User.objects.get(username="admin")
    assert silence.starts_at is not None
    assert silence.ends_at is not None
    assert (silence.ends_at - silence.starts_at).total_seconds() == 4 * 3600

    page.goto(f"{live_server.url}/admin/routing/inbound/{made.inbound.pk}/change/")
    assert "19021" in page.content()
    page.get_by_role("button", name=RESEND[language]).click()
    page.wait_for_load_state()
    assert Delivery.objects.get(resend_of=made.delivery).status == "pending"
    assert AuditEntry.objects.filter(action="resend").exists()

    page.goto(f"{live_server.url}/admin/routing/project/")
    page.check("#action-toggle")
    page.select_option("select[name=action]", "send_to")
    page.click("button[name=index]")
    page.check(f"input[name=targets][value='{made.flashduty.pk}']")
    page.click("button[type=submit].default")
    page.wait_for_selector(".messagelist .success")
    assert [list(project.default_targets.all()) for project in Project.objects.all()] == [[made.flashduty]] * 2
    assert trouble == []


def test_a_viewer_sees_the_log_and_changes_nothing(context, log_in, live_server, viewer: User, language) -> None:
    made = scene.make()
    log_in(viewer)
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/routing/inbound/{made.inbound.pk}/change/")
    assert page.get_by_role("button", name=RESEND[language]).count() == 0
    for path in (f"inbound/{made.inbound.pk}/body/", "rule/add/", "source/add/"):
        response = page.goto(f"{live_server.url}/admin/routing/{path}")
        assert response is not None
        assert response.status == 403, path
    assert page.goto(f"{live_server.url}/admin/routing/rule/{made.rule.pk}/change/").status == 200
    assert page.locator("[name=_save]").count() == 0


def test_guessing_passwords_is_braked(context, live_server, administrator: User, language) -> None:
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/login/")
    for _try in range(6):
        page.fill("#id_username", "admin")
        page.fill("#id_password", "wrong")
        page.click("[type=submit]")
    assert BRAKED[language] in page.locator(".errornote").inner_text()
