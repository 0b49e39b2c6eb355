"""What operators do in the admin, in a real browser: from the first connection to sending again."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from routing.models import AuditEntry, Delivery, Project, Rule, Silence, Source, Target
from tests.browser import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
BOT_URL = "https://open.feishu.cn/open-apis/bot/v2/hook/0b7b3b7e"


@pytest.fixture
def language() -> str:
    """One language is enough where the story is the same."""
    return "en-US"


def test_a_new_connection_shows_its_hook_url_and_warns_of_a_loopback_address(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/admin/routing/source/add/")
    page.fill("#id_name", "acme")
    page.fill("#id_new_client_secret", "s3cret")
    page.click("[name=_save]")
    url = page.locator("ul.keys code").first.inner_text()
    assert "/webhooks/sentry/k-" in url
    assert "loopback" in page.locator(".warning").inner_text()
    assert "s3cret" not in page.content()
    assert Source.objects.get(name="acme").client_secrets.get().secret.open() == "s3cret"


def test_a_bot_is_added_with_its_secret_written_and_never_shown(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/admin/routing/feishubot/add/")
    page.fill("#id_name", "team")
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


def test_an_address_that_cannot_work_is_refused_with_what_to_do(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/admin/routing/feishubot/add/")
    page.fill("#id_name", "team")
    for url in ("https://evil.example/open-apis/bot/v2/hook/x", "https://open.feishu.cn/open-apis/bot/hook/x"):
        page.fill("#id_webhook_url", url)
        page.click("[name=_save]")
        assert page.locator(".field-webhook_url .errorlist").inner_text()
    assert not Target.objects.exists()


def test_a_rule_is_written_with_conditions_and_severities(page: Page, live_server) -> None:
    made = scene.make()
    page.goto(f"{live_server.url}/admin/routing/rule/add/")
    page.fill("#id_name", "fatal in production")
    rows = page.locator("[data-conditions] tbody tr")
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
    assert rule.when == [
        {
            "any": [
                {"field": "environment", "op": "in", "value": ["production", "staging"]},
                {"field": "tag:customer", "op": "is_set"},
            ]
        }
    ]
    assert rule.severity == {"triggered.fatal": "critical"}
    assert list(rule.targets.all()) == [made.bot]


def test_a_broken_regular_expression_is_refused_beside_its_row(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/admin/routing/rule/add/")
    page.fill("#id_name", "broken")
    row = page.locator("[data-conditions] tbody tr").first
    row.locator("select[name=when-field]").select_option("title")
    row.locator("select[name=when-op]").select_option("matches")
    row.locator("input[name=when-value]").fill("(")
    page.click("[name=_save]")
    assert "when[0].value" in page.locator(".field-when .errorlist").inner_text()
    assert page.locator("input[name=when-value]").first.input_value() == "("
    assert not Rule.objects.exists()


def test_the_arrows_move_a_rule(page: Page, live_server) -> None:
    for position, name in enumerate(["first", "second"]):
        Rule.objects.create(name=name, position=position)
    page.goto(f"{live_server.url}/admin/routing/rule/")
    page.get_by_label("↑ second").click()
    page.wait_for_load_state()
    assert list(Rule.objects.values_list("name", flat=True)) == ["second", "first"]


def test_many_projects_are_sent_to_a_target_at_once(page: Page, live_server) -> None:
    made = scene.make()
    Project.objects.create(source=made.source, slug="shop")
    page.goto(f"{live_server.url}/admin/routing/project/")
    page.check("#action-toggle")
    page.select_option("select[name=action]", "send_to")
    page.click("button[name=index]")
    page.check(f"input[name=targets][value='{made.flashduty.pk}']")
    page.click("button[type=submit].default")
    page.wait_for_selector(".messagelist .success")
    assert [list(project.default_targets.all()) for project in Project.objects.all()] == [[made.flashduty]] * 2


def test_a_silence_begins_at_the_page_of_an_alert(page: Page, live_server) -> None:
    made = scene.make()
    page.goto(f"{live_server.url}/admin/routing/silence/add/?inbound={made.inbound.pk}&hours=4")
    page.click("[name=_save]")
    silence = Silence.objects.exclude(pk=made.silence.pk).get()
    assert silence.author == User.objects.get(username="admin")
    assert silence.ends_at is not None
    assert silence.starts_at is not None
    assert (silence.ends_at - silence.starts_at).total_seconds() == 4 * 3600


def test_a_dead_delivery_is_sent_again_from_its_page(page: Page, live_server) -> None:
    made = scene.make()
    page.goto(f"{live_server.url}/admin/routing/inbound/{made.inbound.pk}/change/")
    assert "19021" in page.content()
    page.get_by_role("button", name="Resend").click()
    page.wait_for_load_state()
    again = Delivery.objects.get(resend_of=made.delivery)
    assert again.status == "pending"
    assert AuditEntry.objects.filter(action="resend").exists()


def test_a_viewer_sees_the_log_and_changes_nothing(context, log_in, live_server, viewer: User) -> None:
    made = scene.make()
    log_in(viewer)
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/routing/inbound/{made.inbound.pk}/change/")
    assert page.get_by_role("button", name="Resend").count() == 0
    for path in (f"inbound/{made.inbound.pk}/body/", "rule/add/", "source/add/"):
        response = page.goto(f"{live_server.url}/admin/routing/{path}")
        assert response is not None
        assert response.status == 403, path
    assert page.goto(f"{live_server.url}/admin/routing/rule/{made.rule.pk}/change/").status == 200
    assert page.locator("[name=_save]").count() == 0


def test_guessing_passwords_is_braked(context, live_server, administrator: User) -> None:
    page = context.new_page()
    for _try in range(6):
        page.goto(f"{live_server.url}/admin/login/")
        page.fill("#id_username", "admin")
        page.fill("#id_password", "wrong")
        page.click("[type=submit]")
    assert "five minutes" in page.locator(".errornote").inner_text()
