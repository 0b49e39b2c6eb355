"""Calls to the sandbox that the tests of this folder vary; signed by hand, not by the translators."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import orjson

from integrations.sandbox.verdict import SandboxBot, SandboxCall, SandboxIntegration

NOW = datetime.fromtimestamp(1_599_360_473, UTC)
BOT = SandboxBot(token="3c1f-bot")
INTEGRATION = SandboxIntegration(key="key-1")
STANDARD = "/sandbox/event/push/alert/standard"


def to_bot(document: Any, **changes: Any) -> SandboxCall:
    told: dict[str, Any] = {
        "method": "POST",
        "path": "/open-apis/bot/v2/hook/3c1f-bot",
        "headers": {"content-type": "application/json; charset=utf-8"},
        "body": document if isinstance(document, bytes) else orjson.dumps(document),
    }
    return SandboxCall(**{**told, **changes})


def text(words: str) -> dict[str, Any]:
    return {"msg_type": "text", "content": {"text": words}}


def card(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "config": {"wide_screen_mode": True},
        "header": {"title": {"tag": "plain_text", "content": "【网站服务ERROR】 web"}, "template": "red"},
        "elements": [{"tag": "div", "text": {"tag": "plain_text", "content": "boom"}}],
    }
    return {"msg_type": "interactive", "card": {**told, **changes}}


def card_2(*elements: Any, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "schema": "2.0",
        "config": {"update_multi": True},
        "header": {"title": {"tag": "plain_text", "content": "title"}, "template": "green"},
        "body": {"elements": list(elements)},
    }
    return {"msg_type": "interactive", "card": {**told, **changes}}


def signed(document: dict[str, Any], secret: str, timestamp: Any) -> dict[str, Any]:
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {**document, "timestamp": timestamp, "sign": base64.b64encode(digest).decode()}


def event(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "title_rule": "[web] boom",
        "event_status": "Warning",
        "alert_key": "k-1",
        "description": "Sentry 告警\nboom",
        "labels": {"source": "sentry", "project": "web"},
    }
    return {name: value for name, value in {**told, **changes}.items() if value is not ...}


def to_integration(document: Any, **changes: Any) -> SandboxCall:
    told: dict[str, Any] = {
        "method": "POST",
        "path": STANDARD,
        "query": "integration_key=key-1",
        "headers": {"content-type": "application/json"},
        "body": document if isinstance(document, bytes) else orjson.dumps(document),
    }
    return SandboxCall(**{**told, **changes})
