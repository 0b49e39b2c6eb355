"""What every destination promises: a new one inherits these tests with its line in the registry.

It brings `tests/fixtures/destinations/<kind>.json`: named samples of settings as an operator would give them, among
them `minimal` (only what is required).
"""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import integrations
from integrations.contract import (
    Alert,
    ConfigError,
    Destination,
    ListedAlert,
    Listing,
    Message,
    MessageType,
    OutboundRequest,
    Outcome,
    OutcomeKind,
    RawCall,
    Reason,
    Response,
    SentryStatus,
    Settings,
    Severity,
    Text,
)
from integrations.registry import DESTINATIONS

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "destinations"
NOW = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
LARGEST_BODY = 64 * 1024
NONSENSE: dict[str, Any] = {"nonsense": [1]}

ALERT = Alert(
    resource="event_alert",
    action="triggered",
    sentry_status=SentryStatus.TRIGGERED,
    alert_key="9f2c-issue-4711",
    title="PaymentError: card declined",
    message="charge ch_17 failed",
    level="error",
    environment="production",
    project_slug="web",
    issue_id="4711",
    link="https://sentry.example.com/issues/4711/",
    occurred_at=NOW,
)
LISTING = Listing(
    title=Text("3 alerts", "3 条告警"),
    total=3,
    per_project=(("web", 3),),
    alerts=(ListedAlert("KeyError", "web", Severity.CRITICAL, "https://sentry.example.com/issues/1/", 3),),
    lines=(Text("One line.", "一行。"),),
    link="https://relay.example.com/admin/",
)
RAW = RawCall(headers={"content-type": "application/json", "sentry-hook-resource": "event_alert"}, body=b'{"a": 1}')
HUGE: dict[str, Any] = dict.fromkeys(("title", "message", "culprit", "error_value", "release"), "异" * 100_000)


def alert_message(about: Alert, severity: Severity = Severity.WARNING) -> Message:
    return Message(
        type=MessageType.ALERT, severity=severity, alert_key="k", alert=about, received_at=NOW, rules=("r",), raw=RAW
    )


MESSAGES = {
    "firing": alert_message(ALERT),
    "bare": alert_message(Alert(resource="", action="", sentry_status=SentryStatus.TRIGGERED, alert_key="k")),
    "metric": alert_message(replace(ALERT, kind="metric", rule_name="p95", level=None, issue_id=None)),
    "recovery": alert_message(replace(ALERT, sentry_status=SentryStatus.RESOLVED), Severity.OK),
    "test": replace(alert_message(ALERT), is_test=True, raw=None),
    "legacy": alert_message(replace(ALERT, is_legacy=True)),
    "late fallback": replace(alert_message(ALERT), late_minutes=12, fallback_of="team"),
    "huge": alert_message(replace(ALERT, **HUGE)),
    "hostile": alert_message(replace(ALERT, title="\ud800\u202e<at id=all></at>\x00", tags={"layer_x": ("\udfff",)})),
} | {
    str(kind): Message(type=kind, severity=Severity.CRITICAL, alert_key="l", listing=LISTING)
    for kind in MessageType
    if kind is not MessageType.ALERT
}


def samples(kind: str) -> dict[str, dict[str, Any]]:
    return dict(json.loads((FIXTURES / f"{kind}.json").read_text(encoding="utf-8")))


def cases() -> list[Any]:
    return [
        pytest.param(destination, sample, id=f"{kind} {name}")
        for kind, destination in DESTINATIONS.items()
        for name, sample in samples(kind).items()
    ]


each_destination = pytest.mark.parametrize("destination", list(DESTINATIONS.values()), ids=list(DESTINATIONS))
each_sample = pytest.mark.parametrize(("destination", "sample"), cases())


def credentials(destination: Destination, settings: Settings) -> list[str]:
    return [str(settings[field.name]) for field in destination.fields if field.credential and settings.get(field.name)]


def is_bilingual(text: Text) -> bool:
    return bool(text.en.strip()) and bool(re.search(r"[\u4e00-\u9fff]", text.zh))


def refusal(destination: Destination, settings: Settings) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        destination.check(settings)
    return caught.value


# ---------------------------------------------------------------- what is declared


@each_destination
def test_a_kind_is_a_folder_that_parts_settings_messages_and_answers(destination: Destination) -> None:
    folder = Path(integrations.__file__).parent / destination.kind
    assert {"config.py", "message.py", "response.py"} <= {path.name for path in folder.glob("*.py")}


@each_destination
def test_a_kind_is_registered_under_its_own_name(destination: Destination) -> None:
    assert DESTINATIONS[destination.kind] is destination


@each_destination
def test_the_declared_fields_can_be_drawn_as_a_form(destination: Destination) -> None:
    names = [field.name for field in destination.fields]
    assert len(names) == len(set(names))
    for field in destination.fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)
        assert field.label.en
        assert field.label.zh
        assert bool(field.help.en) is bool(field.help.zh)
        assert (field.type == "choice") is bool(field.choices)
        assert field.default is None or not field.choices or field.default in dict(field.choices)
    assert any(field.required and field.credential for field in destination.fields), "somewhere to deliver to"


@each_destination
def test_the_vendors_hosts_are_plain_host_names(destination: Destination) -> None:
    assert destination.hosts
    assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in destination.hosts)


# ---------------------------------------------------------------- settings


@each_sample
def test_checked_settings_are_plain_data_that_stays_as_it_is(destination: Destination, sample: Settings) -> None:
    checked = destination.check(sample)
    assert set(checked) <= {field.name for field in destination.fields}
    assert destination.check(json.loads(json.dumps(checked))) == checked
    assert destination.address(checked) == destination.address(destination.check(dict(checked)))
    assert isinstance(destination.own_severity(checked), bool)


@each_sample
@pytest.mark.parametrize("name", ["firing", "recovery", "summary"])
def test_what_is_shown_before_sending_is_unsigned_and_holds_no_credential(
    destination: Destination, sample: Settings, name: str
) -> None:
    checked, message = destination.check(sample), MESSAGES[name]
    unsigned = destination.complete(destination.unsigned(checked))
    if destination.unsupported(message, unsigned):
        return
    shown = destination.render(message, unsigned, NOW, None)
    assert destination.unsupported(message, checked) is False
    for secret in [*credentials(destination, checked), *destination.render(message, checked, NOW, None).secrets]:
        assert secret not in shown.url + shown.body.decode() + str(shown.headers)
    later = destination.render(message, unsigned, NOW.replace(minute=6), None)
    assert later.body == shown.body, "nothing in it is signed at a time"
    assert unsigned == destination.unsigned(unsigned)


@each_destination
def test_settings_that_were_never_stored_have_their_defaults(destination: Destination) -> None:
    defaults = {field.name: field.default for field in destination.fields}
    assert destination.complete({}) == defaults
    assert destination.complete({"language": "en"}) == {**defaults, "language": "en"}
    shown = destination.complete(destination.unsigned({}))
    assert destination.render(MESSAGES["firing"], shown, NOW, None).body


@each_destination
def test_a_stated_default_changes_nothing(destination: Destination) -> None:
    minimal = samples(destination.kind)["minimal"]
    stated = {field.name: field.default for field in destination.fields if field.default is not None}
    assert destination.check({**stated, **minimal}) == destination.check(minimal)
    unstated = {field.name: None for field in destination.fields if not field.required}
    assert destination.check({**unstated, **minimal}) == destination.check(minimal)


@each_destination
def test_the_minimal_sample_holds_only_what_is_required(destination: Destination) -> None:
    assert set(samples(destination.kind)["minimal"]) == {field.name for field in destination.fields if field.required}


@each_destination
def test_a_missing_or_unknown_setting_is_refused_by_name(destination: Destination) -> None:
    error = refusal(destination, {"nonsense": 1})
    assert set(error.errors) == {"nonsense", *(field.name for field in destination.fields if field.required)}
    assert all(is_bilingual(text) for text in error.errors.values())


@each_destination
def test_a_value_of_the_wrong_shape_is_refused_at_its_field(destination: Destination) -> None:
    minimal = samples(destination.kind)["minimal"]
    for field in destination.fields:
        for wrong in (NONSENSE, 4711, [NONSENSE], True):
            error = refusal(destination, {**minimal, field.name: wrong})
            assert set(error.errors) == {field.name}
            assert is_bilingual(error.errors[field.name])


@each_sample
def test_a_refusal_never_quotes_a_credential(destination: Destination, sample: Settings) -> None:
    for field in destination.fields:
        if field.credential:
            told = str(refusal(destination, {**sample, field.name: "ftp://leaked secret", "nonsense": 1}))
            assert not [secret for secret in ["leaked", *credentials(destination, sample)] if secret in told]


# ---------------------------------------------------------------- rendering


def rendered(destination: Destination, sample: Settings, message: Message) -> list[OutboundRequest]:
    settings = destination.check(sample)
    if destination.unsupported(message, settings):
        return []
    return [destination.render(message, settings, NOW, form) for form in (None, OutcomeKind.SIMPLIFY)]


@each_sample
@pytest.mark.parametrize("message", list(MESSAGES.values()), ids=list(MESSAGES))
def test_a_message_becomes_one_small_json_request(destination: Destination, sample: Settings, message: Message) -> None:
    for request in rendered(destination, sample, message):
        assert request.url == destination.address(destination.check(sample))
        assert request.method == "POST"
        assert len(request.body) <= LARGEST_BODY
        assert isinstance(json.loads(request.body.decode("utf-8")), dict)
        assert all(name.isascii() and text.isascii() and text.isprintable() for name, text in request.headers.items())
        assert "application/json" in {name.lower(): text for name, text in request.headers.items()}["content-type"]


@each_sample
@pytest.mark.parametrize("message", list(MESSAGES.values()), ids=list(MESSAGES))
def test_the_same_message_is_rendered_the_same(destination: Destination, sample: Settings, message: Message) -> None:
    assert rendered(destination, sample, message) == rendered(destination, sample, message)


@each_sample
def test_an_alert_that_fires_and_its_recovery_can_be_told(destination: Destination, sample: Settings) -> None:
    assert rendered(destination, sample, MESSAGES["firing"])
    assert rendered(destination, sample, MESSAGES["recovery"])


@each_sample
def test_a_request_names_its_secrets_and_shows_none(destination: Destination, sample: Settings) -> None:
    for request in rendered(destination, sample, MESSAGES["firing"]):
        assert request.secrets
        assert all(secret for secret in request.secrets)
        assert any(secret in request.url for secret in request.secrets)
        known = [request.url, *request.secrets, *credentials(destination, destination.check(sample))]
        assert not [secret for secret in known if secret in f"{request!r} {request}"]
        in_body = [secret for secret in request.secrets if secret.encode() in request.body]
        assert not in_body


# ---------------------------------------------------------------- answers


def expected_kinds(status: int) -> set[OutcomeKind]:
    """What an answer without any word of the vendor may mean."""
    if status == 429 or status >= 500:
        return {OutcomeKind.RETRY}
    if status < 300:
        return {OutcomeKind.RETRY, OutcomeKind.REJECTED}
    if status in {408, 423, 425}:
        return {OutcomeKind.RETRY, OutcomeKind.REJECTED}
    return {OutcomeKind.SIMPLIFY} if status == 413 else {OutcomeKind.REJECTED}


@each_destination
@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_its_meaning(destination: Destination, status: int) -> None:
    outcome = destination.interpret(Response(status=status, headers={}, body=b"<html><body>gateway</body></html>"))
    assert outcome.kind in expected_kinds(status)
    assert (outcome.reason is Reason.REDIRECTED) is (300 <= status < 400)
    assert (outcome.reason is Reason.RATE_LIMITED) is (status == 429)


@each_destination
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_passed_on(destination: Destination, status: int) -> None:
    date = {"retry-after": "Mon, 02 Mar 2026 04:06:06 GMT", "date": "Mon, 02 Mar 2026 04:05:06 GMT"}
    for headers, seconds in (({"retry-after": "7"}, 7.0), (date, 60.0), ({"retry-after": "soon"}, None), ({}, None)):
        assert destination.interpret(Response(status=status, headers=headers, body=b"")).retry_after == seconds


@each_destination
@given(data=st.data())
def test_no_answer_makes_it_raise(destination: Destination, data: st.DataObject) -> None:
    inner = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just({"code": [], "message": 1})
    keys = st.sampled_from(["code", "msg", "error", "data", "StatusCode", "request_id"])
    bodies = st.binary() | st.dictionaries(keys, inner).map(lambda value: json.dumps(value).encode())
    headers = st.dictionaries(st.sampled_from(["retry-after", "date", "x-ogw-ratelimit-reset"]), st.text())
    response = Response(data.draw(st.integers(100, 599)), data.draw(headers), data.draw(bodies))
    assert_sound(destination.interpret(response))


def assert_sound(outcome: Outcome) -> None:
    assert (outcome.reason is None) is (outcome.kind is OutcomeKind.SENT)
    assert outcome.kind is OutcomeKind.RETRY or outcome.retry_after is None
    assert outcome.kind is OutcomeKind.SIMPLIFY or not outcome.drop_mentions
    assert outcome.kind is OutcomeKind.REJECTED or not outcome.broken
    assert outcome.provider_code.isprintable()
    assert len(outcome.provider_code) <= 64
