"""One cause that Sentry announces by several resources reaches a target once, in any order and at the same moment."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db import transaction as db
from django.utils import timezone

from integrations.contract import RawCall
from routing.models import Delivery, Inbound, Thread
from routing.selectors import configuration
from routing.services.deciding import find
from routing.services.storing import transaction
from routing.services.storing.duplicates import body_digest
from routing.services.storing.prepared import Prepared
from tests.routing.calls import make_rule, make_source, make_target, sentry_call
from tests.routing.services.storing.test_transaction import at_once
from tests.waiting import eventually

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ISSUE, RULE = "4100", "77"


def prepared(kind: str, **fields: Any) -> Prepared:
    """One webhook, decided: `issue.created` and the issue of a metric alert beside the kinds that samples have."""
    return decided(*_call(kind, **fields))


def decided(headers: dict[str, str], body: bytes) -> Prepared:
    """One call, decided by the configuration as it is."""
    snapshot = configuration.current()
    source = snapshot.source("acme")
    assert source
    finding = find(RawCall(headers, body), source=source, direct=None, snapshot=snapshot, now=NOW)
    return Prepared(
        source_id=source.id,
        source_name=source.name,
        received_at=NOW,
        body_digest=body_digest(finding.resource, body),
        body=b"sealed",
        finding=finding,
        snapshot=snapshot,
    )


def _call(kind: str, **fields: Any) -> tuple[dict[str, str], bytes]:
    if kind.startswith("metric_alert"):
        return sentry_call(kind, issue_id=RULE, title="High error rate", **fields)
    if kind in ("issue.created", "metric issue.created", "metric issue.resolved"):
        headers, body = sentry_call("issue.resolved", **fields)
        document = json.loads(body)
        document["action"] = kind.partition(".")[2]
        if kind.startswith("metric"):
            document["data"]["issue"] |= {"title": "High error rate", "issueType": "metric_issue"}
    elif kind == "metric issue":
        headers, body = sentry_call("event_alert.triggered", **fields)
        document = json.loads(body)
        document["data"]["event"]["occurrence"] = {
            "issueTitle": "High error rate",
            "type": 8001,
            "evidenceData": {"detector_id": 5, "alert_id": int(RULE)},
        }
    else:
        return sentry_call(kind, **fields)
    return headers, json.dumps(document).encode()


def store(*kinds: str | Prepared, at: Any = NOW) -> list[Any]:
    return [transaction.store([kind if isinstance(kind, Prepared) else prepared(kind)], at)[0] for kind in kinds]


def made(**severity: str) -> None:
    make_source(issue_actions=["created", "unresolved"], accept_unsigned=True)
    make_rule("all", make_target(), severity=severity)


def reasons() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("reason", flat=True))


@pytest.mark.parametrize("first", ["issue.created", "event_alert.triggered", "legacy"])
@pytest.mark.parametrize("second", ["issue.created", "event_alert.triggered", "legacy"])
def test_of_two_resources_the_first_is_sent_and_the_second_is_not(first, second):
    made()
    store(first, second)
    assert reasons() == (["", ""] if first == second else ["", "repeated"])


def test_the_echo_is_shown_with_until_when_and_in_the_trace_by_whom():
    made()
    _, receipt = store("issue.created", "event_alert.triggered")
    assert (receipt.status, receipt.reason) == ("routed", "matched")
    assert [(each.name, each.status, each.reason) for each in receipt.targets] == [("team", "suppressed", "repeated")]
    echo = Delivery.objects.get(reason="repeated")
    assert (echo.status, echo.held_until) == ("suppressed", NOW + timedelta(minutes=5))
    trace = Inbound.objects.latest("id").decision["trace"]
    assert trace["echoes"] == [{"target": "team", "announced_by": "issue", "announced_at": NOW.isoformat()}]
    assert [rule["result"] for rule in trace["rules"]] == ["matched"]


def test_a_louder_second_one_is_sent_and_the_recovery_comes_once():
    made(**{"triggered.fatal": "critical"})
    store("issue.created", prepared("event_alert.triggered", level="fatal"), "issue.resolved")
    assert list(Delivery.objects.order_by("id").values_list("severity", "reason")) == [
        ("warning", ""),
        ("critical", ""),
        ("ok", ""),
    ]


def test_a_target_that_the_first_did_not_reach_gets_the_second():
    make_source(issue_actions=["created"])
    team, duty = make_target(), make_target("duty")
    make_rule("issues", team, when=[{"field": "resource", "op": "is", "value": "issue"}])
    make_rule("alerts", team, duty, when=[{"field": "resource", "op": "is", "value": "event_alert"}])
    store("issue.created", "event_alert.triggered")
    assert list(Delivery.objects.order_by("id").values_list("target_name", "reason")) == [
        ("team", ""),
        ("team", "repeated"),
        ("duty", ""),
    ]


def test_when_the_first_died_the_second_is_sent():
    made()
    store("issue.created")
    Delivery.objects.update(status="dead", finished_at=NOW, due_at=None)
    store("event_alert.triggered")
    assert reasons() == ["", ""]


def test_after_five_minutes_another_resource_is_another_occasion():
    made()
    store("issue.created")
    store("event_alert.triggered", at=NOW + timedelta(minutes=5))
    assert reasons() == ["", ""]


def test_news_about_the_issue_are_no_echo():
    made()
    headers, body = sentry_call("issue.resolved")
    document = json.loads(body) | {"action": "triggered"}
    document["data"] |= {"activity": {"type": "seer_root_cause_completed"}, "alert": {"id": 3, "title": "causes"}}
    news = decided({**headers, "sentry-hook-resource": "activity_alert"}, json.dumps(document).encode())
    store("event_alert.triggered", news, "issue.created")
    assert Inbound.objects.order_by("id")[1].resource == "activity_alert"
    assert reasons() == ["", "", "repeated"]


METRIC = ["metric_alert.warning", "metric issue", "metric issue.created"]


@pytest.mark.parametrize("first", METRIC)
@pytest.mark.parametrize("second", METRIC)
def test_a_metric_alert_and_its_issue_are_one_cause(first, second):
    made()
    store(first, second)
    assert reasons() == ([""] * 2 if first == second else ["", "repeated"])


def test_a_metric_alert_that_is_louder_than_its_issue_is_sent():
    made()
    store("metric issue", "metric_alert.critical")
    assert list(Delivery.objects.order_by("id").values_list("severity", "reason")) == [
        ("warning", ""),
        ("critical", ""),
    ]


@pytest.mark.parametrize(
    ("told", "echo", "over"),
    [
        ("metric issue", "metric_alert.warning", "metric_alert.resolved"),
        ("metric issue", "metric_alert.warning", "metric issue.resolved"),
        ("metric_alert.critical", "metric issue.created", "metric issue.resolved"),
        ("metric_alert.critical", "metric issue", "metric_alert.resolved"),
    ],
)
def test_whichever_of_the_two_recovers_first_tells_it_once(told, echo, over):
    made()
    store(told, echo, over)
    assert list(Delivery.objects.order_by("id").values_list("sentry_status", "reason"))[1:] == [
        (Delivery.objects.all()[1].sentry_status, "repeated"),
        ("resolved", ""),
    ]
    assert not Thread.objects.filter(is_open=True).exists()
    other = "metric issue.resolved" if over == "metric_alert.resolved" else "metric_alert.resolved"
    assert store(other)[0].reason == "recovery_without_firing"


def test_the_issue_of_another_metric_alert_is_a_cause_of_its_own():
    made()
    store("metric issue", decided(*sentry_call("metric_alert.warning", issue_id="78", title="Latency")))
    assert reasons() == ["", ""]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    "kinds", [["issue.created", "event_alert.triggered", "legacy"], ["metric_alert.warning", "metric issue"]]
)
def test_at_the_same_moment_exactly_one_is_sent(kinds):
    made()
    units = [prepared(kind) for kind in kinds]
    at_once([lambda unit=unit: transaction.store([unit], NOW)[0] for unit in units])
    assert sorted(reasons()) == ["", *["repeated"] * (len(kinds) - 1)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write after the other")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_one_about_the_same_cause_waits_until_the_other_is_committed():
    made()
    first, second = prepared("metric_alert.warning"), prepared("metric issue")
    with ThreadPoolExecutor() as pool:
        with db.atomic():
            transaction.store([first], NOW)
            other = pool.submit(in_a_connection_of_its_own, lambda: transaction.store([second], NOW))
            eventually(lambda: other.done() or somebody_waits_for_a_cause())
        other.result()
    assert sorted(reasons()) == ["", "repeated"]


def somebody_waits_for_a_cause() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return bool(cursor.fetchone()[0])


def in_a_connection_of_its_own(job: Any) -> Any:
    try:
        return job()
    finally:
        connections.close_all()
