"""Every payload with any one field gone, null or of another type: stored, read, and never an error of ours."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from routing.models import Inbound
from tests.integrations.sentry.payloads import NAMES, compact, headers_for, load, resource_in
from tests.routing.calls import KEY, make_rule, make_source, make_target, post, signed

pytestmark = pytest.mark.django_db
GONE = object()
WRONG: tuple[Any, ...] = (GONE, None, 7, "文", [], {"x": [None]}, True, -1.5, [["level"]])
SIGNED = [name for name in NAMES if resource_in(name) not in ("legacy", "service_hook", "glitchtip")]
MOST = 40
"""Fields of one payload: of larger ones, evenly chosen."""
IN_EVERY_FIELD = [
    {"field": field, "op": "is_not", "value": "x"} for field in ("title", "environment", "level", "tag:a")
]


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a document."""
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield (*path, key)
        yield from places(tree[key], (*path, key))


def damaged(name: str, path: tuple[Any, ...], wrong: Any) -> bytes:
    document = load(name)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    if wrong is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = wrong
    return compact(document)


@pytest.mark.parametrize("name", SIGNED)
def test_one_damaged_field_never_costs_the_webhook(name):
    make_source(issue_actions=["created", "unresolved", "archived"]).default_targets.add(make_target())
    make_rule("all", make_target("duty"), when=IN_EVERY_FIELD)
    listed = list(places(load(name)))
    for number, path in enumerate(listed[:: len(listed) // MOST + 1]):
        body = damaged(name, path, WRONG[number % len(WRONG)])
        answer = post(f"/webhooks/sentry/{KEY}/", signed(headers_for(name), body), body)
        assert answer.status_code == 202, (path, answer.content)
        assert answer.json()["status"] in ("routed", "ignored", "duplicate"), (path, answer.json())
    assert not Inbound.objects.exclude(traceback="").exists()


@pytest.mark.parametrize("name", [name for name in SIGNED if name.startswith(("event_alert", "issue", "activity"))])
def test_what_a_damaged_field_does_not_tell_stays_right(name):
    """Bulk that nobody reads may be anything: project, environment, level, link and alert key stay what they were."""
    make_source(issue_actions=["created", "unresolved", "archived"]).default_targets.add(make_target())
    body = compact(load(name))
    post(f"/webhooks/sentry/{KEY}/", signed(headers_for(name), body), body)
    alert = Inbound.objects.get().alert or {}
    told = ["project_slug", "project_id", "environment", "level", "link", "issue_id"]
    told += ["alert_key"] if alert.get("issue_id") else []  # without an issue the whole body is the identity
    whole = {field: alert.get(field) for field in told}
    document = load(name)
    subject = document["data"].get("event") or document["data"].get("issue")
    if not isinstance(subject, dict):
        return
    for number, key in enumerate(("contexts", "sdk", "user", "request", "breadcrumbs", "annotations", "assignedTo")):
        body = json.dumps({**document, "data": {**document["data"], _holder(document): {**subject, key: WRONG[number]}}},
                          default=str).encode()  # fmt: skip
        post(f"/webhooks/sentry/{KEY}/", signed(headers_for(name), body), body)
        last = Inbound.objects.latest("id").alert or {}
        assert {field: last.get(field) for field in told} == whole


def _holder(document: dict[str, Any]) -> str:
    return "event" if document["data"].get("event") else "issue"
