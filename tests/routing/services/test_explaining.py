"""What would become of a webhook: on the command line, with the real threads, and nothing written."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from routing.models import Delivery, Inbound, Project, Thread
from routing.services.explaining import explain
from tests.routing.calls import make_rule, make_source, make_target, send, sentry_call

pytestmark = pytest.mark.django_db


def run(path, *, source: str = "acme", resource: str = "event_alert") -> tuple[int, dict]:
    """Exit code and printed JSON of the command."""
    out = io.StringIO()
    try:
        call_command("explain", "--source", source, "--resource", resource, str(path), stdout=out)
    except SystemExit as stop:
        return int(stop.code), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.fixture
def payload(tmp_path):
    """A file with an issue alert."""
    path = tmp_path / "payload.json"
    path.write_bytes(sentry_call()[1])
    return path


def test_a_routed_one_exits_with_0_and_names_rules_and_targets(payload):
    make_source()
    make_rule("all", make_target())
    code, decided = run(payload)
    assert (code, decided["status"], decided["reason"], decided["project"]) == (0, "routed", "matched", "web")
    assert decided["targets"] == [
        {
            "name": "team",
            "kind": "feishu",
            "status": "pending",
            "reason": "",
            "severity": "warning",
            "rules": ["all"],
            "held_until": None,
        }
    ]
    assert decided["decision"]["trace"]["rules"][0]["result"] == "matched"


def test_nothing_is_written(payload):
    make_source()
    make_rule("all", make_target())
    run(payload)
    assert not any(model.objects.exists() for model in (Inbound, Delivery, Thread, Project))


@pytest.mark.parametrize(
    ("resource", "body", "code", "status"),
    [
        ("event_alert", sentry_call()[1], 3, "unrouted"),
        ("comment", b'{"data": {"comment_id": 1}}', 3, "ignored"),
        ("", b"not json", 4, "malformed"),
        ("", sentry_call("metric_alert.critical")[1], 3, "unrouted"),
    ],
)
def test_the_exit_code_tells_the_status(tmp_path, resource, body, code, status):
    make_source()
    path = tmp_path / "payload.json"
    path.write_bytes(body)
    exit_code, decided = run(path, resource=resource)
    assert (exit_code, decided["status"]) == (code, status)


def test_the_payload_may_come_from_standard_input(monkeypatch):
    make_source()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sentry_call()[1])))
    assert run("-")[0] == 3


@pytest.mark.parametrize("wrong", ["source", "file"])
def test_a_wrong_argument_exits_with_2_and_says_what_is_wrong(payload, wrong):
    make_source()
    with pytest.raises(CommandError, match="acme" if wrong == "source" else "No such file") as error:
        run("/nowhere" if wrong == "file" else payload, source="nobody" if wrong == "source" else "acme")
    assert error.value.returncode == 2


def test_what_a_target_was_told_before_counts():
    make_source()
    make_rule("all", make_target(), repeat_minutes=30)
    send()
    again = explain(source_name="acme", resource="event_alert", body=sentry_call()[1])
    assert [(target["status"], target["reason"]) for target in again["targets"]] == [("suppressed", "repeated")]
    assert again["targets"][0]["held_until"] is not None
    recovery = explain(source_name="acme", resource="issue", body=sentry_call("issue.resolved")[1])
    assert [target["name"] for target in recovery["targets"]] == ["team"]
    assert Thread.objects.get().is_open
