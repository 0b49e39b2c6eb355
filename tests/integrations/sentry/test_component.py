"""The form inside Sentry's alert rules, played from Sentry's side."""

import pytest

from integrations.contract import MalformedPayload
from integrations.sentry import component
from integrations.sentry.signature import sign
from tests.integrations.sentry.payloads import compact

URIS = {"settings_uri": "/hooks/k/save/", "target_uri": "/hooks/k/targets/", "severity_uri": "/hooks/k/severities/"}


def check_as_sentry_does(schema):
    """The rules of getsentry/sentry src/sentry/sentry_apps/api/parsers/schema.py for this element."""
    (element,) = schema["elements"]
    assert element["type"] == "alert-rule-action"
    assert element["title"]
    settings = element["settings"]
    assert settings["type"] == "alert-rule-settings"
    assert len(settings["description"]) <= 140
    assert settings["required_fields"]
    for field in settings["required_fields"] + settings["optional_fields"]:
        assert {"type", "label", "name"} <= field.keys()
        assert field["type"] == "select"
        assert ("uri" in field) != ("options" in field)


@pytest.mark.parametrize(("language", "label"), [("en", "Target"), ("zh-hans", "推送目标")])
def test_the_schema_is_one_that_sentry_accepts(language, label):
    schema = component.schema(title="Alert Relay", **URIS, language=language)
    check_as_sentry_does(schema)
    settings = schema["elements"][0]["settings"]
    assert settings["uri"] == "/hooks/k/save/"
    assert [field["name"] for field in settings["required_fields"]] == ["target"]
    assert [field["name"] for field in settings["optional_fields"]] == ["severity"]
    assert settings["required_fields"][0]["label"] == label


@pytest.mark.parametrize("uri", ["https://relay.example/x", "relative", "//relay.example/x", "/a@b", ""])
def test_an_address_that_sentry_refuses_is_refused_here_first(uri):
    with pytest.raises(ValueError, match="Not a path"):
        component.schema(title="Alert Relay", **{**URIS, "target_uri": uri})


def test_calls_verify_by_their_own_header_and_a_get_signs_the_empty_body():
    body = compact({"fields": []})
    assert component.verify(body, {"sentry-app-signature": sign(body, "s1")}, ("s0", "s1")) == 1
    assert component.verify(b"", {"sentry-app-signature": sign(b"", "s1")}, ("s1",)) == 0
    assert component.verify(body, {"sentry-app-signature": sign(b"", "s1")}, ("s1",)) is None
    assert component.verify(body, {"sentry-hook-signature": sign(body, "s1")}, ("s1",)) is None
    assert component.verify(b"", {}, ("s1",)) is None


@pytest.mark.parametrize(
    ("fields", "target", "severity"),
    [
        ([{"name": "target", "value": "duty"}, {"name": "severity", "value": "Critical"}], "duty", "critical"),
        ([{"name": "target", "value": "duty"}, {"name": "severity", "value": None}], "duty", ""),
        ([{"name": "target"}], "", ""),
        ([], "", ""),
        (None, "", ""),
        ("x", "", ""),
        ([None, 5, {"value": "x"}], "", ""),
    ],
)
def test_a_save_is_read_whatever_its_fields(fields, target, severity):
    save = component.read_save(compact({"installationId": "5c9d0f3e", "fields": fields}))
    assert (save.installation, save.target, save.severity) == ("5c9d0f3e", target, severity)


def test_a_save_that_is_no_json_is_malformed():
    with pytest.raises(MalformedPayload):
        component.read_save(b"fields=1")


def test_options_are_text_pairs_and_can_be_searched():
    choices = [("duty", "On call"), ("team-feishu", "交易组"), ("plain", ""), ("", "nobody")]
    assert component.select_options(choices) == [
        {"value": "duty", "label": "On call"},
        {"value": "team-feishu", "label": "交易组"},
        {"value": "plain", "label": "plain"},
    ]
    assert component.select_options(choices, query=" CALL ") == [{"value": "duty", "label": "On call"}]
    assert component.select_options(choices, query="交易") == [{"value": "team-feishu", "label": "交易组"}]
    assert len(component.select_options((f"t{n}", "") for n in range(2000))) == 500


def test_the_answer_is_a_sentence_of_bounded_length():
    assert component.answer("No target is called duty.") == {"message": "No target is called duty."}
    assert len(component.answer("x" * 9000)["message"]) == 500
