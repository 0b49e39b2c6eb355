"""A routing test made from a received webhook: it passes by the rules that decided it, and fails by others."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.contrib.auth.models import Group, User
from django.utils import timezone

from routing.models import AuditEntry, Inbound, InboundBody, Silence, Target
from routing.services.configuration.document import parse_file
from routing.services.configuration.exporting import export
from routing.services.configuration.testing import run_tests
from routing.services.ingest import bodies
from routing.services.snippets import payload_path, routing_test
from tests.routing.calls import BOT, make_rule, make_source, make_target, send, send_legacy

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    team, duty = make_target("team"), make_target("duty", kind="flashduty")
    make_source(accept_unsigned=True)
    make_rule("fatal", duty, team, when=[{"field": "level", "op": "is", "value": "fatal"}], severity={"triggered": "critical"})  # fmt: skip
    make_rule("web", team, when=[{"field": "project", "op": "is", "value": "web"}])


def differences(snippet: str, *, rules: str = "", folder: Path = Path()) -> tuple[str, ...]:
    """What the stored configuration, or one with other rules, fails the test for."""
    text = rules or export()
    (verdict,) = run_tests(parse_file(text + snippet), folder=folder, now=timezone.now())
    return verdict.differences


def made(**given) -> str:
    inbound = Inbound.objects.order_by("-id")[0]
    return routing_test(inbound, bodies.of_inbound(inbound), inline=True, **given)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({}, {"targets": ["team"], "severity": "warning", "reason": "matched"}),
        ({"level": "fatal"}, {"targets": ["duty", "team"], "severity": "critical", "reason": "matched"}),
        ({"project": "other"}, {"targets": [], "reason": "unmatched"}),
        ({"kind": "issue.resolved"}, {"targets": [], "reason": "recovery_without_firing"}),
        ({"kind": "metric_alert.critical"}, {"targets": ["team"], "severity": "critical", "reason": "matched"}),
    ],
)
def test_it_expects_what_was_decided_and_passes_by_the_same_rules(scene, call, expected):
    assert send(**call).status_code == 202
    (test,) = yaml.safe_load(made())["tests"]
    assert test["expect"] == expected
    assert differences(made()) == ()


def test_it_fails_by_other_rules(scene):
    send()
    other = export().replace("- team", "- duty")
    assert differences(made(), rules=other)[0] == "targets: expected team, got duty"


def test_what_a_silence_held_back_is_expected_to_be_silenced(scene):
    now = timezone.now()
    Silence.objects.create(name="all", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    send()
    assert yaml.safe_load(made())["tests"][0]["expect"] == {"targets": [], "reason": "silenced"}
    assert differences(made()) == ()


def test_a_disabled_target_is_not_expected(scene):
    Target.objects.filter(name="duty").update(enabled=False)
    send(level="fatal")
    assert yaml.safe_load(made())["tests"][0]["expect"]["targets"] == ["team"]
    assert differences(made()) == ()


def test_what_repeat_control_held_back_is_expected_for_a_test_knows_no_past(scene):
    Target.objects.get(name="team").rules.update(repeat_minutes=60)
    send()
    send()
    assert yaml.safe_load(made())["tests"][0]["expect"]["targets"] == ["team"]
    assert differences(made()) == ()


def test_the_older_shape_is_told_by_its_body(scene):
    assert send_legacy().status_code == 202
    assert yaml.safe_load(made())["tests"][0]["resource"] == ""
    assert differences(made()) == ()


def test_a_payload_beside_the_file_is_named_by_its_path(scene, tmp_path):
    send(title="18:00 {env: HOME}: 支付失败 \u202e")
    inbound = Inbound.objects.get()
    call = bodies.of_inbound(inbound)
    assert call is not None
    path = tmp_path / payload_path(inbound)
    path.parent.mkdir()
    path.write_bytes(call.body)
    snippet = routing_test(inbound, call)
    assert yaml.safe_load(snippet)["tests"][0]["payload"] == f"payloads/inbound-{inbound.pk}.json"
    assert differences(snippet, folder=tmp_path) == ()
    assert differences(made()) == ()


# ---- the page


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def url(suffix: str = "") -> str:
    return f"/admin/routing/inbound/{Inbound.objects.get().pk}/test/{suffix}"


def test_the_page_of_a_webhook_leads_to_its_test(scene, admin):
    send()
    page = admin.get(f"/admin/routing/inbound/{Inbound.objects.get().pk}/change/").content.decode()
    assert url() in page
    assert "payloads/inbound-" in admin.get(url()).context["snippet"]
    assert not AuditEntry.objects.filter(action="view_body").exists()


def test_the_payload_itself_is_shown_to_those_who_may_see_it_and_the_look_is_noted(scene, admin):
    send()
    assert "OperationalError" in admin.post(url()).context["snippet"].split("payload")[1]
    assert AuditEntry.objects.filter(action="view_body").count() == 1


def test_a_viewer_gets_the_test_without_the_payload(scene, client):
    send()
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    response = client.get(url())
    assert (response.status_code, response.context["offers_inline"]) == (200, False)
    assert client.post(url()).status_code == 403


def test_a_webhook_whose_body_is_gone_still_makes_a_test(scene, admin):
    send()
    InboundBody.objects.all().delete()
    assert yaml.safe_load(admin.post(url()).context["snippet"])["tests"][0]["resource"] == "event_alert"


def test_a_call_that_named_its_target_makes_none(scene, admin):
    send_legacy(f"/hook?feishu={BOT}team")
    assert admin.get(url()).status_code == 404
