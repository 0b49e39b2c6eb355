"""What the translators write is accepted by the look-alikes, which share no code with them, and hurts nobody."""

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from integrations import sandbox
from integrations.contract import (
    Alert,
    ListedAlert,
    Listing,
    Message,
    MessageType,
    OutboundRequest,
    OutcomeKind,
    RawCall,
    Response,
    SentryStatus,
    Severity,
    Text,
)
from integrations.feishu import DESTINATION as FEISHU
from integrations.flashduty import DESTINATION as FLASHDUTY
from integrations.sandbox.feishu import judge_feishu
from integrations.sandbox.flashduty import judge_flashduty
from integrations.sandbox.verdict import SandboxBot, SandboxCall, SandboxIntegration, Verdict

NOW = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
HOSTILE = (
    '<at id=all></at><at user_id="all">x</at> [TPL]${project} $source {{ .Labels.project }} [MD]# **b** '
    "[t](https://evil.example/) <a href='https://evil.example/'>x</a> \u202e\x00\ud800"
)
FIRING = Alert(
    resource="event_alert",
    action="triggered",
    sentry_status=SentryStatus.TRIGGERED,
    alert_key="k-1",
    title=HOSTILE,
    message=HOSTILE,
    culprit=HOSTILE,
    error_type=HOSTILE,
    error_value=HOSTILE,
    level="error",
    environment=HOSTILE,
    project_slug=HOSTILE,
    issue_id="1",
    rule_name=HOSTILE,
    link="https://sentry.example.com/issues/1/",
    release=HOSTILE,
    tags={"layer_person_reset_1_emails": (HOSTILE,), "a.b": (HOSTILE, "x"), "客户": (HOSTILE,)},
)
TOLD = Message(type=MessageType.ALERT, severity=Severity.CRITICAL, alert_key="k-1", alert=FIRING, received_at=NOW)
LISTING = Listing(
    title=Text("title", "标题"),
    total=2,
    per_project=((HOSTILE, 2),),
    alerts=(ListedAlert(HOSTILE, HOSTILE, Severity.WARNING, "https://sentry.example.com/issues/1/", 2),),
    lines=(Text(HOSTILE, HOSTILE),),
    link="https://relay.example.com/",
)
MESSAGES = {
    "firing": TOLD,
    "late": replace(TOLD, late_minutes=12, fallback_of=HOSTILE, log_link="https://relay.example.com/1/"),
    "test": replace(TOLD, is_test=True),
    "bare": replace(TOLD, alert=replace(FIRING, title="", message="", culprit="", project_slug=None, link=None)),
    "huge": replace(TOLD, alert=replace(FIRING, title=HOSTILE * 500, message=HOSTILE * 5000, culprit=HOSTILE * 99)),
    **{
        kind.value: Message(type=kind, severity=Severity.WARNING, alert_key="k-2", listing=LISTING)
        for kind in (MessageType.SUMMARY, MessageType.DIGEST, MessageType.OPERATIONS)
    },
}
BOT = SandboxBot(token="3c1f-bot", secret="demo", keywords=("告警台",))
INTEGRATION = SandboxIntegration(key="key-1")


def call_of(request: OutboundRequest) -> SandboxCall:
    parts = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return SandboxCall(
        method=request.method, path=parts.path, query=parts.query, headers=headers, body=bytes(request.body)
    )


def sent(verdict: Verdict) -> Response:
    return Response(status=verdict.status, headers=verdict.headers, body=verdict.body)


def feishu_settings(**stated: Any) -> Any:
    url = "https://open.feishu.cn/open-apis/bot/v2/hook/3c1f-bot"
    return FEISHU.check({"webhook_url": url, "secret": "demo", "keyword": "告警台", **stated})


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("schema", ["1.0", "2.0"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("simplification", [None, OutcomeKind.SIMPLIFY])
def test_feishu_takes_what_is_written_for_it_and_nobody_is_mentioned_by_an_alert(
    name: str, schema: str, language: str, simplification: OutcomeKind | None
) -> None:
    settings = feishu_settings(card_schema=schema, language=language)
    verdict = judge_feishu(call_of(FEISHU.render(MESSAGES[name], settings, NOW, simplification)), BOT, NOW)
    assert verdict.accepted, verdict.reason
    assert FEISHU.interpret(sent(verdict)).kind is OutcomeKind.SENT
    assert verdict.seen
    assert verdict.seen.form == ("text" if simplification else "card")
    assert verdict.seen.mentions == ()
    if verdict.seen.form == "card":
        assert not [link for link in verdict.seen.links if "evil" in link]


def test_feishu_mentions_whom_the_operator_named() -> None:
    settings = feishu_settings(mention={"critical": ["all"]})
    seen = judge_feishu(call_of(FEISHU.render(TOLD, settings, NOW, None)), BOT, NOW).seen
    assert seen
    assert seen.mentions == ("all",)
    assert seen.buttons[0][1] == FIRING.link


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("bot_removed", OutcomeKind.REJECTED),
        ("bad_signature", OutcomeKind.REJECTED),
        ("keyword_missing", OutcomeKind.REJECTED),
        ("sender_refused", OutcomeKind.REJECTED),
        ("rate_limited", OutcomeKind.RETRY),
        ("gateway_limited", OutcomeKind.RETRY),
        ("http_500", OutcomeKind.RETRY),
        ("http_502", OutcomeKind.RETRY),
        ("html", OutcomeKind.RETRY),
        ("empty", OutcomeKind.RETRY),
        ("card_refused", OutcomeKind.SIMPLIFY),
        ("old_success", OutcomeKind.SENT),
        ("lost_answer", OutcomeKind.RETRY),
    ],
)
def test_each_fault_of_feishu_leads_where_it_should(fault: str, kind: OutcomeKind) -> None:
    call = call_of(FEISHU.render(TOLD, feishu_settings(), NOW, None))
    assert FEISHU.interpret(sent(judge_feishu(call, BOT, NOW, fault=fault))).kind is kind


def flashduty_settings() -> Any:
    return FLASHDUTY.check({"push_url": "https://api.flashcat.cloud/event/push/alert/standard?integration_key=key-1"})


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("simplification", [None, OutcomeKind.SIMPLIFY])
def test_flashduty_takes_what_is_written_for_it_and_no_alert_expands_or_redirects(
    name: str, simplification: OutcomeKind | None
) -> None:
    request = FLASHDUTY.render(MESSAGES[name], flashduty_settings(), NOW, simplification)
    verdict = judge_flashduty(call_of(request), INTEGRATION, NOW)
    assert verdict.accepted, verdict.reason
    assert FLASHDUTY.interpret(sent(verdict)).kind is OutcomeKind.SENT
    seen = verdict.seen
    assert seen
    assert seen.overrides == {}
    assert "<no value>" not in seen.title
    assert seen.title.count("sentry") == 0
    assert [span.bold for span in seen.spans] == [False]


def test_a_recovery_closes_what_its_trigger_opened() -> None:
    recovered = replace(FIRING, resource="issue", action="resolved", sentry_status=SentryStatus.RESOLVED)
    messages = [TOLD, TOLD, replace(TOLD, severity=Severity.OK, alert=recovered)]
    alerts: dict[str, Any] = {}
    changes = []
    for told in messages:
        call = call_of(FLASHDUTY.render(told, flashduty_settings(), NOW, None))
        verdict = judge_flashduty(call, INTEGRATION, NOW, alerts=alerts)
        assert verdict.seen
        assert verdict.alert
        alerts["k-1"] = verdict.alert
        changes.append(verdict.seen.change)
    assert changes == ["opened", "duplicate", "closed"]


def test_a_forwarded_call_is_read_by_the_sentry_integration() -> None:
    settings = FLASHDUTY.check({"push_url": "https://api.flashcat.cloud/event/push/alert/sentry?integration_key=key-1"})
    raw = RawCall(
        headers={"content-type": "application/json", "sentry-hook-resource": "event_alert"},
        body=b'{"action":"triggered","data":{"event":{"issue_id":"9","title":"E"}}}',
    )
    call = call_of(FLASHDUTY.render(replace(TOLD, raw=raw), settings, NOW, None))
    seen = judge_flashduty(call, replace(INTEGRATION, mode="sentry"), NOW).seen
    assert seen
    assert (seen.alert_key, seen.event_status) == ("issue-9", "Warning")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("bad_key", OutcomeKind.REJECTED),
        ("no_license", OutcomeKind.REJECTED),
        ("error_in_200", OutcomeKind.REJECTED),
        ("html", OutcomeKind.REJECTED),
        ("too_large", OutcomeKind.SIMPLIFY),
        ("rate_limited", OutcomeKind.RETRY),
        ("rate_limited_plain", OutcomeKind.RETRY),
        ("http_500", OutcomeKind.RETRY),
        ("http_502", OutcomeKind.RETRY),
        ("http_503", OutcomeKind.RETRY),
        ("lost_answer", OutcomeKind.RETRY),
        ("empty", OutcomeKind.SENT),
        ("silent_drop", OutcomeKind.SENT),
    ],
)
def test_each_fault_of_flashduty_leads_where_it_should(fault: str, kind: OutcomeKind) -> None:
    call = call_of(FLASHDUTY.render(TOLD, flashduty_settings(), NOW, None))
    assert FLASHDUTY.interpret(sent(judge_flashduty(call, INTEGRATION, NOW, fault=fault))).kind is kind


def test_the_look_alikes_share_no_code_with_the_translators() -> None:
    folder = Path(sandbox.__file__).parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = {str(node.module) for node in nodes if str(node.module).startswith("integrations")}
    assert ours
    assert all(module.startswith("integrations.sandbox") for module in ours)
