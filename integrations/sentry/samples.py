"""Realistic requests, serialised as Sentry does: for the demo, the test button and the documentation."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias, TypedDict, Unpack, get_args

from integrations.contract import Json
from integrations.sentry.resources import LEGACY, RESOURCE_HEADER
from integrations.sentry.sample_bodies import (
    INSTALLATION,
    Sample,
    event_alert_body,
    issue_body,
    legacy_body,
    metric_alert_body,
)

Kind: TypeAlias = Literal[
    "event_alert.triggered",
    "metric_alert.critical",
    "metric_alert.warning",
    "metric_alert.resolved",
    "issue.resolved",
    "legacy",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_ACTOR = {"type": "application", "id": "sentry", "name": "Sentry"}


class Extras(TypedDict, total=False):
    """The optional fields of `Sample`."""

    project_id: int | None
    rule: str
    organization: str
    site: str
    is_test: bool
    settings: Mapping[str, str] | None
    message: str
    culprit: str
    release: str
    platform: str
    logger: str
    tags: Mapping[str, str] | None


def build(
    kind: Kind,
    *,
    project: str,
    environment: str,
    level: str,
    issue_id: str,
    event_id: str,
    title: str,
    now: datetime,
    **extras: Unpack[Extras],
) -> tuple[dict[str, str], bytes]:
    """(headers without the signature, body) of one request; header names in lower case, the body compact and ASCII.

    `now` is in UTC. For a metric alert `title` names the rule and `issue_id` is the rule's id.
    """
    sample = Sample(
        project=project,
        environment=environment,
        level=level,
        issue_id=issue_id,
        event_id=event_id,
        title=title,
        now=now,
        **extras,
    )
    if kind == LEGACY:
        return {"content-type": "application/json"}, _bytes(legacy_body(sample))
    resource, _, action = kind.partition(".")
    envelope = {"action": action, "installation": {"uuid": INSTALLATION}, "data": _data(resource, action, sample)}
    body = _bytes({**envelope, "actor": _ACTOR})
    return {
        "content-type": "application/json",
        "request-id": hashlib.sha256(body).hexdigest()[:32],
        RESOURCE_HEADER: resource,
        "sentry-hook-timestamp": str(int(now.timestamp())),
    }, body


def _data(resource: str, action: str, sample: Sample) -> Json:
    if resource == "event_alert":
        return event_alert_body(sample)
    return issue_body(sample) if resource == "issue" else metric_alert_body(sample, action)


def _bytes(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode("ascii")
