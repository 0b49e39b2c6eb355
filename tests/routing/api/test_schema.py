"""Whatever the API's description allows, and what it forbids, sent as every role: no fault of ours, no write by a viewer.

SCHEMA_EXAMPLES calls of each operation and kind (one unless told) are made up from the description, the same every time.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.apps import apps
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from relay_site.wsgi import application
from routing.api.throttling import TokenThrottle
from routing.models import (
    ApiToken,
    Attempt,
    AuditEntry,
    BulkJob,
    Delivery,
    Inbound,
    QuarantinedCall,
    Role,
    Rule,
    RulesVersion,
    Silence,
    Thread,
    Trial,
)
from routing.selectors import configuration
from routing.services.ingest import quarantine
from routing.services.setup import tokens
from tests.routing.api.rows import delivery, inbound
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "1"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
READING_POSTS = {"/api/v1/explain/", "/api/v1/what-if/"}
SAME_EVERY_TIME = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
NAMES = {"projects": "acme/web", "targets": "team", "rules": "web", "silences": "night", "tokens": "other"}
DIGEST = "ab12"
ROWS: dict[str, Any] = {
    "attempts": Attempt,
    "audit": AuditEntry,
    "deliveries": Delivery,
    "inbounds": Inbound,
    "jobs": BulkJob,
    "quarantine": QuarantinedCall,
    "rules": Rule.history,
    "threads": Thread,
    "trials": Trial,
}


@cache
def made_up() -> list[Any]:
    """Calls of every operation of the REST API: such as the description allows, and such as it forbids."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    found: list[Any] = []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # the description is valid
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if operation.path.startswith("/api/v1/"):
                found += _of(operation, mode)
    return found


def _of(operation: Any, mode: GenerationMode) -> list[Any]:
    cases: list[Any] = []

    @SAME_EVERY_TIME
    @given(case=operation.as_strategy(mode))
    def keep(case: Any) -> None:
        cases.append(case)

    try:
        keep()
    except Unsatisfiable:
        return []  # nothing is forbidden here
    return cases


@contextmanager
def one_connection() -> Iterator[None]:
    """The server shares the test's connection and leaves it open, as Django's own client has it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something of everything, and nobody waits."""
    monkeypatch.setattr(TokenThrottle, "allow_request", lambda *_: True)
    monkeypatch.setattr(quarantine, "BURST", 10**9)
    source = make_source()
    send(secret="wrong")
    make_rule("web", make_target(), when=[{"field": "project", "op": "is", "value": "web"}])
    make_rule("other")
    send()
    source.projects.get_or_create(slug="web")
    delivery(inbound())
    Silence.objects.create(name="night", starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1))
    tokens.create(name="other", role=Role.VIEWER)
    AuditEntry.objects.create(actor="somebody", action="looked")
    BulkJob.objects.create(act="resend", status="running", actor="somebody", total=1)
    RulesVersion.objects.create(digest=DIGEST, content={"rules": []})
    Trial.objects.create(of="source", source=source, name="acme", actor="somebody", inbound=Inbound.objects.first())


def known_path(case: Any) -> dict[str, Any]:
    """Path parameters of something that is there."""
    section = case.operation.path.removeprefix("/api/v1/").partition("/")[0]
    rows = getattr(ROWS.get(section), "objects", ROWS.get(section))
    row = rows.order_by("pk").first() if rows is not None else None
    known = {"name": NAMES.get(section, "acme"), "id": row.pk if row else 1, "digest": DIGEST}
    return {name: known[name] for name in case.path_parameters}


def headers_of(role: Role | None, *, is_expired: bool = False) -> dict[str, str]:
    """What a call of this role brings; its token was used just now, so that using it changes nothing."""
    if role is None:
        return {}
    now = timezone.now()
    token, text = tokens.create(name=f"run-{role.value}", role=role)
    ends = now - timedelta(minutes=1) if is_expired else None
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=now + timedelta(hours=1), expires_at=ends)
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}  # past schemathesis, which leaves the header out now and then


def answers(headers: dict[str, str], *, is_undone: bool = True) -> Iterator[tuple[Any, Any]]:
    """Every call with its answer: made up, and of what is there; what one call does, the next one does not meet."""
    with one_connection():
        for case in made_up():
            own = case.path_parameters
            for path in [own, known_path(case)] if own else [own]:
                case.path_parameters = path
                point = transaction.savepoint()
                yield case, case.call(environ_overrides={"HTTP_ACCEPT_LANGUAGE": "en", **headers})
                if is_undone:
                    transaction.savepoint_rollback(point)
                    configuration.forget()
            case.path_parameters = own


def fault(case: Any, answer: Any) -> str:
    """What in an answer is our fault, or not as described; empty when all is well."""
    if answer.status_code == 405:
        return ""  # what was made up made another address
    try:
        case.validate_response(answer, checks=CHECKS)
    except (Failure, FailureGroup) as error:
        said = "; ".join(str(each) for each in getattr(error, "exceptions", [error]))
        return f"{case.method} {case.formatted_path} {case.query} {case.body!r}: {said}"
    return ""


def test_an_administrator_is_answered_as_described():
    found = [fault(case, answer) for case, answer in answers(headers_of(Role.ADMIN))]
    assert len(found) > 100
    assert [text for text in found if text] == []


def test_an_operator_meets_no_fault_of_ours():
    asked = [(answer.status_code, case.method, case.path) for case, answer in answers(headers_of(Role.OPERATOR))]
    assert [each for each in asked if each[0] >= 500] == []


def content() -> dict[str, list[Any]]:
    """Every row of every table."""
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in apps.get_models()}


def test_a_viewer_reads_and_writes_nothing():
    headers = headers_of(Role.VIEWER)
    before, wrong = content(), []
    for case, answer in answers(headers, is_undone=False):
        is_write = case.method != "GET" and case.operation.path not in READING_POSTS
        if answer.status_code >= 500 or (is_write and answer.status_code != 403):
            wrong.append((answer.status_code, case.method, case.path))
    assert wrong == []
    assert [table for table, rows in content().items() if rows != before[table]] == []


@pytest.mark.parametrize(("role", "is_expired"), [(None, False), (Role.ADMIN, True)], ids=["no token", "expired token"])
def test_nobody_without_a_valid_token_gets_anything(role, is_expired):
    headers = headers_of(role, is_expired=is_expired)
    before = content()
    assert {answer.status_code for _case, answer in answers(headers, is_undone=False)} == {401}
    assert content() == before
