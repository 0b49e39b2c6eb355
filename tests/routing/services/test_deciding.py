"""From bytes to a finding, and the webhooks that wait for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from integrations.contract import RawCall
from routing.models import Delivery, Inbound, InboundBody, Project, Thread
from routing.selectors import configuration
from routing.services import deciding
from routing.services.ingest import pressure
from routing.services.storing import transaction
from routing.services.storing.prepared import Waiting
from tests.routing.calls import BOT, make_rule, make_source, make_target, post, send, send_legacy, sentry_call, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def under_pressure() -> Iterator[Callable[[], None]]:
    """Let calls be stored undecided, from its call on until the end or `relieved`."""
    with pytest.MonkeyPatch.context() as patched:
        yield lambda: patched.setattr(pressure, "SLOW_SECONDS", -1)


@pytest.fixture
def relieved() -> Callable[[], None]:
    """Let calls be decided at once again."""
    usual = pressure.SLOW_SECONDS
    return lambda: setattr(pressure, "SLOW_SECONDS", usual)


class TestWaiting:
    """Webhooks stored undecided are decided by the worker, in the order they came."""

    def test_under_pressure_a_webhook_is_stored_first_and_decided_later(self, under_pressure):
        make_source()
        make_rule("all", make_target())
        under_pressure()
        answer = send().json()
        assert (answer["status"], answer["targets"]) == ("received", [])
        assert Inbound.objects.get().alert is None
        assert deciding.decide_waiting() == 1
        inbound = Inbound.objects.get()
        assert (inbound.status, inbound.reason, inbound.title) == ("routed", "matched", "OperationalError: timed out")
        assert Delivery.objects.get().inbound == inbound

    def test_while_one_waits_the_next_of_its_source_waits_too_and_others_do_not(self, under_pressure, relieved):
        make_source()
        make_source("other", key="k-other")
        make_rule("all", make_target())
        under_pressure()
        send(issue_id="1")
        relieved()
        assert send("issue.resolved", issue_id="1").json()["status"] == "received"
        assert send(issue_id="2").json()["status"] == "received"
        assert send(issue_id="1", key="k-other").json()["status"] == "routed"
        assert deciding.decide_waiting() == 3
        assert send(issue_id="1", event_id="e" * 32).json()["status"] == "routed"

    def test_a_recovery_is_never_decided_before_its_trigger(self, under_pressure):
        make_source()
        make_rule("all", make_target())
        under_pressure()
        for kind in ("event_alert.triggered", "issue.resolved", "event_alert.triggered"):
            send(kind)
        assert deciding.decide_waiting() == 3
        assert [(each.sentry_status, each.round) for each in Delivery.objects.order_by("id")] == [
            ("triggered", 1),
            ("resolved", 1),
            ("triggered", 2),
        ]
        assert deciding.decide_waiting() == 0

    def test_the_oldest_come_first_and_no_more_than_asked_for(self, under_pressure):
        make_source()
        under_pressure()
        ids = [send(issue_id=str(number)).json()["id"] for number in range(5, 10)]
        assert deciding.decide_waiting(limit=2) == 2
        assert list(Inbound.objects.filter(status="received").order_by("id").values_list("id", flat=True)) == ids[2:]

    def test_once_they_are_decided_the_next_is_decided_at_once(self, under_pressure, relieved):
        make_source()
        make_rule("all", make_target())
        under_pressure()
        send()
        relieved()
        deciding.decide_waiting()
        assert send().json()["status"] == "routed"

    def test_the_rules_of_the_moment_of_deciding_decide(self, under_pressure):
        make_source()
        under_pressure()
        send()
        make_rule("late", make_target())
        deciding.decide_waiting()
        assert Delivery.objects.get().rules == ["late"]

    def test_a_call_of_hook_goes_to_its_bot_also_when_it_is_decided_later(self, under_pressure):
        make_target("team")
        under_pressure()
        make_rule("everything elsewhere", make_target("third"))
        assert send_legacy(f"/hook?feishu={BOT}team").json()["status"] == "received"
        deciding.decide_waiting()
        assert Delivery.objects.get().target_name == "team"

    def test_one_whose_body_is_gone_is_failed_and_the_others_go_on(self, under_pressure):
        make_source()
        make_rule("all", make_target())
        under_pressure()
        first = send().json()["id"]
        send()
        InboundBody.objects.filter(inbound_id=first).delete()
        assert deciding.decide_waiting() == 2
        assert [each.status for each in Inbound.objects.order_by("id")] == ["failed", "routed"]
        assert "BODY_RETENTION_DAYS" in Inbound.objects.get(pk=first).traceback

    def test_one_whose_source_was_deleted_is_failed(self, under_pressure):
        source = make_source()
        under_pressure()
        send()
        source.delete()
        assert deciding.decide_waiting() == 1
        assert Inbound.objects.get().status == "failed"

    def test_a_duplicate_of_one_that_waits_is_a_duplicate(self, under_pressure, relieved):
        make_source()
        headers, body = sentry_call()
        under_pressure()
        first = post("/webhooks/sentry/k-acme/", signed(headers, body), body).json()["id"]
        relieved()
        again = post("/webhooks/sentry/k-acme/", signed(headers, body), body).json()
        assert (again["id"], again["status"]) == (first, "duplicate")

    def test_a_malformed_one_is_found_malformed_later(self, under_pressure):
        make_source()
        under_pressure()
        post("/webhooks/sentry/k-acme/", signed({}, b"{"), b"{")
        assert Inbound.objects.get().status == "received"
        deciding.decide_waiting()
        assert Inbound.objects.get().status == "malformed"

    def test_projects_are_learned_later_too(self, under_pressure):
        make_source()
        under_pressure()
        send(project="web")
        assert not Project.objects.exists()
        deciding.decide_waiting()
        assert Project.objects.get().slug == "web"

    def test_one_that_cannot_be_stored_is_failed_and_the_others_are_decided(self, under_pressure):
        source = make_source()
        make_rule("all", make_target())
        under_pressure()
        waiting = [waiting_one(send(issue_id=str(number)).json()["id"], issue_id=str(number)) for number in (1, 2, 3)]
        waiting[1] = replace(waiting[1], finding=replace(waiting[1].finding, alert_json=b"["))
        assert transaction.settle(waiting, timezone.now(), source_id=source.pk) == 3
        assert [each.status for each in Inbound.objects.order_by("id")] == ["routed", "failed", "routed"]
        assert Delivery.objects.count() == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_workers_at_once_decide_each_webhook_once(under_pressure):
    make_source()
    make_rule("all", make_target())
    for number in range(1, 21):
        under_pressure()
        send(issue_id=str(number))
    barrier = Barrier(4)

    def work(_number: int) -> int:
        barrier.wait()
        try:
            return deciding.decide_waiting()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        decided = sum(workers.map(work, range(4)))
    assert decided == 20
    assert (Inbound.objects.filter(status="routed").count(), Delivery.objects.count()) == (20, 20)


def waiting_one(inbound: int, **fields: Any) -> Waiting:
    """A stored webhook of the source acme, decided now."""
    snapshot = configuration.current()
    headers, body = sentry_call(**fields)
    source = snapshot.source("acme")
    finding = deciding.find(RawCall(headers, body), source=source, direct=None, snapshot=snapshot, now=timezone.now())
    return Waiting(inbound_id=inbound, source_name="acme", is_test=False, flags=(), finding=finding, snapshot=snapshot)


class TestPressure:
    """When deciding is left to the worker."""

    def test_while_another_call_takes_long(self, monkeypatch):
        monkeypatch.setattr(pressure, "SLOW_SECONDS", 0.0)
        with ThreadPoolExecutor(1) as others:
            slow = pressure.entered()
            others.submit(slow.__enter__).result()
            assert pressure.is_high()
            others.submit(slow.__exit__, None, None, None).result()
        assert not pressure.is_high()

    def test_not_because_of_the_call_itself(self, monkeypatch):
        monkeypatch.setattr(pressure, "SLOW_SECONDS", 0.0)
        with pressure.entered():
            assert not pressure.is_high()


class TestFinding:
    """What is made of one call; our own error is a finding too."""

    def test_an_error_while_deciding_keeps_the_alert_and_the_traceback(self):
        make_source()
        snapshot = replace(configuration.current(), rules=None)
        headers, body = sentry_call(title="Broken")
        finding = deciding.find(
            RawCall(headers, body), source=snapshot.source("acme"), direct=None, snapshot=snapshot, now=timezone.now()
        )
        assert (finding.status, finding.reason, finding.alert.title) == ("failed", "deciding_failed", "Broken")
        assert "Traceback" in finding.traceback

    @pytest.mark.parametrize(
        ("kind", "status", "reason"),
        [
            ("event_alert.triggered", "unrouted", "unmatched"),
            ("metric_alert.critical", "unrouted", "unmatched"),
            ("issue.resolved", "ignored", "recovery_without_firing"),
        ],
    )
    def test_every_webhook_ends_in_one_status_with_its_reason(self, kind, status, reason):
        make_source()
        answer = send(kind).json()
        assert (answer["status"], answer["reason"]) == (status, reason)

    @pytest.mark.parametrize(
        ("resource", "body", "reason", "flags"),
        [
            ("issue", b'{"action": "assigned", "data": {"issue": {"id": "1"}}}', "ignored_action", []),
            ("error", b'{"action": "created", "data": {"error": {}}}', "ignored_resource", []),
            ("comment", b'{"action": "created", "data": {"comment_id": 1}}', "ignored_resource", []),
            ("brand_new", b'{"action": "x", "data": {"y": 1}}', "ignored_resource", ["unknown_resource"]),
        ],
    )
    def test_what_announces_nothing_is_ignored(self, resource, body, reason, flags):
        make_source()
        headers = signed({"sentry-hook-resource": resource}, body)
        answer = post("/webhooks/sentry/k-acme/", headers, body).json()
        assert (answer["status"], answer["reason"]) == ("ignored", reason)
        assert Inbound.objects.get().flags == flags

    def test_issue_actions_are_routed_where_the_source_opted_in(self):
        make_source(issue_actions=["created"])
        make_rule("all", make_target())
        body = b'{"action": "created", "data": {"issue": {"id": "7", "project": {"slug": "web"}}}}'
        answer = post("/webhooks/sentry/k-acme/", signed({"sentry-hook-resource": "issue"}, body), body).json()
        assert (answer["status"], Thread.objects.count()) == ("routed", 1)
