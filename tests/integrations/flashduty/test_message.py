"""The bodies that standard integrations get, and what is forwarded to Flashduty's own Sentry integration."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from integrations.contract import Alert, Message, MessageType, OutcomeKind, RawCall, SentryStatus, Severity
from integrations.flashduty import DESTINATION
from tests.integrations.flashduty.samples import (
    NOW,
    SENTRY_URL,
    STANDARD_URL,
    alert,
    listing,
    message,
    metric,
    raw_call,
    recovery,
    sentry_settings,
    settings,
)

GOLDEN = Path(__file__).parents[2] / "fixtures" / "flashduty"
BARE = Alert(resource="event_alert", action="triggered", sentry_status=SentryStatus.TRIGGERED, alert_key="9f2c-issue-1")
HOSTILE = alert(
    title="[TPL] ${project} $source::$level [tpl][T[TPL]PL]",
    culprit="[MD] # big\u202e",
    error_type="",
    error_value="[TPL]${project}\x00\x1b",
    message="<at id=all></at> \ud800 {{ .Labels.project }}",
    project_slug="TPL] ${x}",
    environment="[TPL] [MD] ${x}",
    link="javascript:alert(1)",
    tags={
        "layer_person_reset_1_emails": ("evil@example.com",),
        "browser.name": ("Chrome",),
        "browser-name": ("other",),
        "browser_name": ("plain",),
        "客户": ("[MD]甲",),
        "渠道": ("乙",),
        "9lives": ("cat",),
        "": ("nameless",),
        "mixed": (1, None, True, ["x"]),
        "nothing": (None,),
        "blank": ("  ",),
    },
)

CASES: dict[str, tuple[Message, dict[str, Any], OutcomeKind | None]] = {
    "firing_zh": (message(), {}, None),
    "firing_en": (message(), {"language": "en", "timezone": "UTC"}, None),
    "firing_simple": (message(), {}, OutcomeKind.SIMPLIFY),
    "recovery": (recovery(), {}, None),
    "metric_critical": (metric(log_link="https://relay.example.com/admin/inbounds/5/"), {}, None),
    "test_zh": (message(is_test=True, severity=Severity.INFO), {}, None),
    "test_en": (message(is_test=True, severity=Severity.INFO), {"language": "en"}, None),
    "late_fallback_zh": (message(late_minutes=17, fallback_of="交易组"), {}, None),
    "late_fallback_en": (message(late_minutes=17, fallback_of="Shop team"), {"language": "en"}, None),
    "bare": (message(BARE), {}, None),
    "hostile": (message(HOSTILE), {}, None),
    "summary": (listing(MessageType.SUMMARY), {}, None),
    "digest": (listing(MessageType.DIGEST), {"language": "en"}, None),
    "operations": (listing(MessageType.OPERATIONS, severity=Severity.WARNING, is_test=True), {"language": "en"}, None),
}


def body_of(told: Message, stated: dict[str, Any] | None = None, simpler: OutcomeKind | None = None) -> bytes:
    return DESTINATION.render(told, settings(**(stated or {})), NOW, simpler).body


def event_of(told: Message, **stated: Any) -> dict[str, Any]:
    return dict(orjson.loads(body_of(told, stated)))


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_body_is_exactly_the_one_on_file(name: str) -> None:
    expected = orjson.loads((GOLDEN / f"{name}.json").read_bytes())
    assert body_of(*CASES[name]) == orjson.dumps(expected)


def test_every_body_on_file_is_compared() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CASES)


def test_the_request_goes_to_the_pasted_address_as_plain_json() -> None:
    request = DESTINATION.render(message(), settings(), NOW, None)
    assert request.url == STANDARD_URL
    assert dict(request.headers) == {"Content-Type": "application/json"}
    assert request.method == "POST"


def test_the_integration_key_is_masked_plain_and_escaped() -> None:
    url = "https://api.flashcat.cloud/event/push/alert/standard?integration_key=a%2Fb%20c"
    request = DESTINATION.render(message(), settings(push_url=url), NOW, None)
    assert request.secrets == ("a/b c", "a%2Fb%20c", "a%2Fb+c")
    assert "a%2Fb" not in repr(request)


@pytest.mark.parametrize(
    ("severity", "status"),
    [(Severity.CRITICAL, "Critical"), (Severity.WARNING, "Warning"), (Severity.INFO, "Info"), (Severity.OK, "Ok")],
)
def test_the_severity_is_written_in_the_vendors_own_case(severity: Severity, status: str) -> None:
    assert event_of(message(severity=severity))["event_status"] == status


def test_trigger_and_recovery_share_the_key_also_where_it_is_too_long() -> None:
    long = "k" * 256
    trigger = event_of(message(alert_key=long))["alert_key"]
    assert len(trigger) <= 255
    assert trigger == event_of(message(alert(sentry_status=SentryStatus.RESOLVED), alert_key=long))["alert_key"]
    assert trigger != event_of(message(alert_key="k" * 257))["alert_key"]
    assert event_of(message(alert_key="k" * 255))["alert_key"] == "k" * 255


def test_a_later_attempt_makes_the_same_event() -> None:
    first = DESTINATION.render(message(late_minutes=11), settings(), NOW, None).body
    later = DESTINATION.render(message(late_minutes=48), settings(), NOW.replace(hour=23), None).body
    assert first == later


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "[web] PaymentError: card declined"),
        ({"title": " \n two\r\nlines\t "}, "[web] two lines"),
        ({"title": ""}, "[web] card declined"),
        ({"title": "", "error_value": ""}, "[web] charge ch_17 failed for customer 12"),
        ({"title": "", "error_value": "", "message": " "}, "[web] new issues"),
        ({"project_slug": None}, "[UNKNOWN] PaymentError: card declined"),
        ({"project_slug": "\x00"}, "[UNKNOWN] PaymentError: card declined"),
        ({"title": "[TPL]"}, "[web] （无标题）"),
        ({"title": "[ tpl ] x"}, "[web] x"),
        ({"title": "costs $5 or $"}, "[web] costs $5 or $"),
        ({"title": "$a::$b ${c} $_d $变量"}, "[web] ＄a::＄b ＄{c} ＄_d ＄变量"),
        ({"title": "$$name"}, "[web] $＄name"),
        ({"project_slug": "TPL"}, "[project TPL] PaymentError: card declined"),
        ({"project_slug": " md"}, "[project md] PaymentError: card declined"),
        ({"project_slug": "$web"}, "[＄web] PaymentError: card declined"),
        ({"title": "\u202eevil\ufeff\x07"}, "[web] evil"),
        ({"title": "half \ud83d of a character"}, "[web] half \ufffd of a character"),
    ],
)
def test_the_title_names_the_project_and_obeys_nobody(changes: dict[str, Any], title: str) -> None:
    assert event_of(message(alert(**changes)))["title_rule"] == title


def test_titles_and_descriptions_stay_within_the_vendors_length() -> None:
    huge = alert(title="标" * 9000, project_slug="p" * 9000, message="m" * 9_000_000, culprit="c" * 9000)
    event = event_of(message(huge, fallback_of="f" * 9000))
    assert len(event["title_rule"]) == 512
    assert len(event["description"]) == 2048
    assert event["title_rule"].endswith("…")
    assert event["description"].endswith(f"…\n查看：{huge.link}")


def test_the_description_starts_with_a_line_of_ours_whatever_the_alert_says() -> None:
    for hostile in ("[MD] # x", "[TPL]${x}", "\n\n[MD]"):
        told = alert(title=hostile, culprit=hostile, error_type=hostile, error_value=hostile, message=hostile)
        assert event_of(message(told))["description"].startswith("Sentry 告警，由 Alert Relay 推送。\n")


def test_the_test_button_of_sentry_is_marked_like_a_test_of_ours() -> None:
    ours, theirs = event_of(message(is_test=True)), event_of(message(alert(is_test=True)))
    assert ours == theirs != event_of(message())


def test_the_message_is_not_said_twice() -> None:
    assert "Message:" not in event_of(message(alert(error_value="same", message="same ")))["description"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://x.example/a b", "https://x.example/\u202e", "", None])
def test_a_link_that_is_no_web_address_is_left_out(link: str | None) -> None:
    event = event_of(message(alert(link=link)))
    assert "查看" not in event["description"]
    assert "sentry_url" not in event["labels"]


def test_a_link_too_long_to_show_whole_is_left_to_its_label_or_out() -> None:
    long, longer = "https://x.example/" + "a" * 1500, "https://x.example/" + "a" * 2500
    assert "查看" not in event_of(message(alert(link=long)))["description"]
    assert event_of(message(alert(link=long)))["labels"]["sentry_url"] == long
    assert "sentry_url" not in event_of(message(alert(link=longer)))["labels"]


def test_the_simpler_form_has_neither_tags_nor_body() -> None:
    huge = alert(message="m" * 4000, tags={f"t{n}": ("v" * 2000,) for n in range(60)})
    simple = orjson.loads(body_of(message(huge), {}, OutcomeKind.SIMPLIFY))
    assert not [name for name in simple["labels"] if name.startswith("sentry_tag_")]
    assert len(simple["description"]) < 500
    assert simple["alert_key"] == huge.alert_key
    assert simple["description"].endswith(str(huge.link))


def test_a_recovery_names_the_environment_of_its_thread() -> None:
    event = event_of(recovery())
    assert event["labels"]["environment"] == "production"
    assert event["title_rule"] == "[web] PaymentError: card declined"


# ---------------------------------------------------------------- mode sentry


def test_the_original_call_is_forwarded_byte_for_byte_with_sentrys_headers_alone() -> None:
    call = raw_call()
    request = DESTINATION.render(message(raw=call), sentry_settings(), NOW, None)
    assert request.url == SENTRY_URL
    assert request.body == call.body
    assert dict(request.headers) == {
        "Content-Type": "application/json",
        "Sentry-Hook-Resource": "event_alert",
        "Sentry-Hook-Signature": "c0ffee",
        "Sentry-Hook-Timestamp": "1772424306",
        "Request-ID": "0f1e2d3c",
    }
    assert request.secrets == ("key-2",)


def test_a_call_kept_without_content_type_is_forwarded_as_json() -> None:
    call = RawCall(headers={"Sentry-Hook-Resource": "metric_alert"}, body=b"{}")
    request = DESTINATION.render(message(raw=call), sentry_settings(), NOW, OutcomeKind.SIMPLIFY)
    assert dict(request.headers) == {"Content-Type": "application/json", "Sentry-Hook-Resource": "metric_alert"}


def test_a_call_whose_bytes_are_gone_cannot_be_forwarded() -> None:
    with pytest.raises(ValueError, match="original call is gone"):
        DESTINATION.render(message(), sentry_settings(), NOW, None)


@pytest.mark.parametrize(
    ("told", "unsupported"),
    [
        (message(), False),
        (recovery(), False),
        (metric(), False),
        (message(alert(resource="activity_alert")), False),
        (message(alert(resource="event_alert", action="strange", unfamiliar="action")), False),
        (message(alert(resource="issue", action="created")), True),
        (message(alert(resource="issue", action="archived")), True),
        (message(alert(is_legacy=True)), True),
        (message(alert(is_test=True)), True),
        (message(is_test=True), True),
        (listing(MessageType.SUMMARY), True),
        (listing(MessageType.DIGEST), True),
        (listing(MessageType.OPERATIONS), True),
    ],
)
def test_sentrys_integration_is_told_genuine_calls_only_and_a_standard_one_everything(
    told: Message, unsupported: bool
) -> None:
    assert DESTINATION.unsupported(told, sentry_settings()) is unsupported
    assert DESTINATION.unsupported(told, settings()) is False
