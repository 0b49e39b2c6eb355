"""Messages before they are sent: rendered for real, unsigned, and nothing is stored."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from integrations.contract import Severity
from routing.models import Delivery, Inbound, SandboxCall, Target
from routing.policy.conditions import parse_when
from routing.policy.specs import RuleSpec
from routing.services.previews.messages import message_of_delivery, message_of_inbound, sample_message
from routing.services.previews.rendering import preview, settings_of
from routing.services.previews.rules import preview_rule
from tests.browser.scene import HOSTILE
from tests.routing.calls import FORWARD, make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def shown(kind: str, severity: Severity = Severity.WARNING, *, simple: bool = False, **settings):
    return preview(sample_message(severity), kind, settings, now=NOW, is_simple=simple)


def texts(seen) -> str:
    spans = [span for block in seen["blocks"] for cell in block["cells"] for span in cell]
    return seen["title"] + "\n" + "\n".join(span["text"] for span in spans)


@pytest.mark.parametrize("schema", ["1.0", "2.0"])
def test_a_card_is_drawn_in_the_targets_language_and_version(schema: str) -> None:
    made = shown("feishu", language="en", card_schema=schema, title_prefix="Shop ")
    assert made.seen is not None
    assert (made.seen["form"], made.refusal) == ("card", "")
    assert "Shop " in made.seen["title"]
    assert ('"schema": "2.0"' in made.body) is (schema == "2.0")
    assert "环境" in texts(shown("feishu", card_schema=schema).seen)


def test_the_simpler_form_is_a_text() -> None:
    made = shown("feishu", simple=True)
    assert made.seen is not None
    assert made.seen["form"] == "text"


def test_mentions_follow_the_severity() -> None:
    mention = {"critical": ["all"]}
    assert "@all" in texts(shown("feishu", Severity.CRITICAL, mention=mention).seen)
    assert "@all" not in texts(shown("feishu", Severity.WARNING, mention=mention).seen)


@pytest.mark.parametrize(("severity", "status"), [(Severity.CRITICAL, "Critical"), (Severity.OK, "Ok")])
def test_an_event_shows_its_fields_and_its_json(severity: Severity, status: str) -> None:
    made = shown("flashduty", severity)
    assert made.seen is not None
    assert (made.seen["form"], made.seen["event_status"]) == ("event", status)
    assert made.seen["labels"]["project"] == "web-shop"
    assert f'"event_status": "{status}"' in made.body


def test_what_is_forwarded_untouched_has_nothing_of_ours_to_show() -> None:
    assert shown("flashduty", push_url=f"{FORWARD}key").is_unsupported


def test_unusable_settings_are_named_and_credentials_are_not_asked_for() -> None:
    assert set(shown("feishu", timezone="Nowhere").errors) == {"timezone"}
    assert not shown("feishu", webhook_url="nonsense").errors
    assert not shown("flashduty", push_url="http://[").errors


def test_no_secret_is_in_a_preview() -> None:
    target = make_target("team")
    settings = {**settings_of(target), "secret": "sign-me"}
    made = preview(sample_message(Severity.WARNING), "feishu", settings, now=NOW)
    for secret in ("sign-me", "hook/team", '"sign"', "timestamp"):
        assert secret not in made.body


def test_a_secret_that_cannot_be_opened_stops_no_preview(settings) -> None:
    from cryptography.fernet import Fernet

    target = make_target("team")
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    made = preview(sample_message(Severity.WARNING), "feishu", settings_of(Target.objects.get()), now=NOW)
    assert made.seen is not None
    assert target.name == "team"


def test_hostile_text_stays_text_and_hostile_links_are_left_out() -> None:
    message = sample_message(Severity.WARNING)
    assert message.alert is not None
    alert = replace(message.alert, title=HOSTILE, message=HOSTILE, culprit=HOSTILE, link="javascript:alert(1)")
    made = preview(replace(message, alert=alert), "feishu", {}, now=NOW)
    assert made.seen is not None
    urls = [span["url"] for block in made.seen["blocks"] for cell in block["cells"] for span in cell]
    assert not [url for url in urls if url and not url.startswith("http")]


def test_a_rendering_that_fails_is_said_to_be_our_mistake(monkeypatch) -> None:
    from integrations.registry import DESTINATIONS

    def broken(*_args):
        raise RuntimeError("oh")

    monkeypatch.setitem(DESTINATIONS, "feishu", replace(DESTINATIONS["feishu"], render=broken))
    assert shown("feishu").is_broken


# ---- what is logged


def test_a_logged_alert_is_shown_in_any_severity_and_a_delivery_as_it_was_composed() -> None:
    make_source()
    make_rule("everything", make_target("team"))
    send(title="TimeoutError: db", level="fatal")
    inbound, delivery = Inbound.objects.get(), Delivery.objects.get()
    message = message_of_inbound(inbound, Severity.CRITICAL)
    assert message is not None
    assert (message.severity, message.alert.title if message.alert else "") == (Severity.CRITICAL, "TimeoutError: db")
    composed = message_of_delivery(delivery)
    assert composed is not None
    assert (composed.severity, composed.rules, composed.late_minutes) == (Severity.WARNING, ("everything",), None)
    assert composed.log_link is not None
    assert composed.mute_link == composed.log_link, "no signed link is shown"
    assert f"/inbound/{inbound.pk}/" in preview(message, "feishu", {"answer_links": "trace"}, now=NOW).body


def test_what_brought_no_alert_or_has_no_target_has_no_message() -> None:
    inbound = Inbound.objects.create(source_name="x", status="malformed", reason="malformed")
    assert message_of_inbound(inbound, Severity.WARNING) is None
    gone = Delivery.objects.create(target_name="gone", kind="feishu", severity="warning", message_type="summary")
    assert message_of_delivery(gone) is None
    digest = Delivery.objects.create(
        target=make_target("team"), target_name="team", kind="feishu", severity="warning", message_type="digest"
    )
    message = message_of_delivery(digest)
    assert message is None or preview(message, "feishu", {}, now=NOW).is_broken


# ---- rules


def rule(**given) -> RuleSpec:
    return RuleSpec(**{"id": 0, "name": "new", **given})


def test_a_rule_shows_its_severity_for_an_alert_made_for_it() -> None:
    team, duty = make_target("team"), make_target("duty", kind="flashduty")
    fatal = parse_when([{"field": "level", "op": "is", "value": "fatal"}])
    made = preview_rule(
        rule(when=fatal, severity={"triggered.fatal": Severity.CRITICAL}), [team, duty], source="acme", now=NOW
    )
    assert (made.severity, made.facts["level"], made.obstacles) == ("critical", "fatal", ())
    assert [preview.seen["form"] for _, preview in made.targets if preview.seen] == ["card", "event"]


def test_a_level_is_tried_and_what_is_dropped_shows_no_message() -> None:
    team = make_target("team")
    quiet = rule(severity={"triggered.info": "drop"})
    assert preview_rule(quiet, [team], source="acme", now=NOW, level="info").targets == ()
    assert preview_rule(quiet, [team], source="acme", now=NOW).severity == "warning"


def test_nothing_is_stored() -> None:
    preview_rule(rule(), [make_target("team")], source="acme", now=NOW)
    assert not Inbound.objects.exists()
    assert not Delivery.objects.exists()
    assert not SandboxCall.objects.exists()
