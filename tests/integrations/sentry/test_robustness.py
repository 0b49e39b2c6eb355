"""Whatever the bytes: an answer or MalformedPayload, and only text that every database and chat can take."""

from dataclasses import fields
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.contract import LEVELS, Alert, MalformedPayload, Reading
from integrations.sentry import SOURCE
from integrations.sentry.parsing import parse
from tests.integrations.sentry.payloads import ALL_ISSUE_ACTIONS, NAMES, compact, headers_for, load

RESOURCES = ["event_alert", "metric_alert", "issue", "activity_alert", "error", "comment", "seer", "legacy", "new"]
HEADERS = st.one_of(
    st.just({}),
    st.builds(lambda name: {"sentry-hook-resource": name}, st.one_of(st.sampled_from(RESOURCES), st.text())),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    st.sampled_from(["\x00", "\ud800", "\u202e", "-1", "https://s.example/issues/1/", *LEVELS, "9" * 400]),
)
KEYS = st.one_of(
    st.sampled_from(
        [
            "action",
            "data",
            "event",
            "issue",
            "metric_alert",
            "alert_rule",
            "triggers",
            "actions",
            "settings",
            "name",
            "value",
            "tags",
            "url",
            "web_url",
            "id",
            "project",
            "slug",
            "attachments",
            "alias",
            "group",
            "exception",
            "values",
            "occurrence",
            "issue_alert",
            "triggered_rule",
            "hashes",
            "installation",
        ]
    ),
    st.text(max_size=5),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)


def read(body: bytes, headers: dict[str, str]) -> Reading | None:
    try:
        return SOURCE.read(body, headers, "acme", ALL_ISSUE_ACTIONS)
    except MalformedPayload:
        return None


def check(reading: Reading | None) -> None:
    if reading is None:
        return
    assert reading.resource == clean(reading.resource)
    assert (reading.alert is None) == bool(reading.ignored)
    for hint in reading.projects:
        assert hint.sentry_id is None or 0 < hint.sentry_id < 2**63
        clean(hint.slug or ""), clean(hint.name)
    if reading.alert:
        check_alert(reading.alert)


def check_alert(alert: Alert) -> None:
    for field in fields(alert):
        value = getattr(alert, field.name)
        if isinstance(value, str):
            clean(value.replace("\n", "").replace("\t", ""))
    assert len(alert.alert_key) == 40
    assert len(alert.title) <= 512
    assert len(alert.message) <= 8000
    assert len(alert.tags) <= 200
    assert alert.link is None or alert.link.lower().startswith(("http://", "https://"))
    assert alert.project_id is None or 0 < alert.project_id < 2**63
    for key, values in (*alert.tags.items(), *((key, (value,)) for key, value in alert.settings.items())):
        assert key
        assert all(values)
        assert values
        for text in (key, *values):
            clean(text)


def clean(text: str) -> str:
    text.encode()
    assert not any(ord(character) < 32 or "\u202a" <= character <= "\u202e" for character in text)
    return text


@given(st.binary(max_size=400), HEADERS)
def test_no_bytes_make_reading_raise_anything_else(body, headers):
    check(read(body, headers))
    assert isinstance(SOURCE.resource_of(body, headers), str)
    assert SOURCE.is_legacy(body, headers) in (True, False)
    assert SOURCE.advise(body, headers) is not None


@settings(max_examples=300)
@given(TREES, HEADERS)
def test_no_document_makes_reading_raise_anything_else(document, headers):
    body = compact(document)
    reading = read(body, headers)
    check(reading)
    if reading:
        assert SOURCE.resource_of(body, headers) == reading.resource


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_field_of_any_payload_may_be_wrong_enough(data):
    name = data.draw(st.sampled_from(NAMES))
    document = load(name)
    for _ in range(data.draw(st.integers(1, 4))):
        damage(document, data)
    reading = read(compact(document), headers_for(name))
    check(reading)
    assert reading is not None


def damage(document: Any, data: st.DataObject) -> None:
    """Put something else into one place of the tree, or take it away."""
    place = document
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.integers(0, 3)):
            place = place[key]
            continue
        if data.draw(st.booleans()):
            place[key] = data.draw(TREES)
        else:
            del place[key]
        return


@given(st.sampled_from(NAMES), st.integers(0, 100_000), st.binary(min_size=1, max_size=3))
def test_a_broken_body_is_read_or_malformed(name, position, rubbish):
    body = compact(load(name))
    cut = position % len(body)
    check(read(body[:cut], headers_for(name)))
    check(read(body[:cut] + rubbish + body[cut + 1 :], headers_for(name)))


@given(TREES)
def test_parsing_answers_with_an_object_or_not_at_all(document):
    try:
        assert isinstance(parse(compact(document)), dict)
    except MalformedPayload:
        assert not isinstance(document, dict)
