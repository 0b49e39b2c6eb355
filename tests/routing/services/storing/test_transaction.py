"""What the database holds after a webhook: threads, deliveries, duplicates; and that no webhook harms another."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from threading import Thread as Runner
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from integrations.contract import RawCall
from routing.models import (
    Delivery,
    Inbound,
    InboundBody,
    Rule,
    RulesVersion,
    Silence,
    Target,
    Thread,
)
from routing.selectors import configuration
from routing.services.deciding import find
from routing.services.ingest import bodies
from routing.services.storing import transaction
from routing.services.storing.duplicates import body_digest
from routing.services.storing.prepared import Prepared, Receipt
from tests.routing.calls import FORWARD, make_rule, make_source, make_target, sentry_call

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def prepared(kind: str = "event_alert.triggered", *, at: datetime = NOW, **fields: Any) -> Prepared:
    """One webhook of the source acme, decided by the configuration as it is."""
    headers, body = sentry_call(kind, **fields)
    snapshot = configuration.current()
    source = snapshot.source("acme")
    assert source
    finding = find(RawCall(headers, body), source=source, direct=None, snapshot=snapshot, now=at)
    return Prepared(
        source_id=source.id,
        source_name=source.name,
        received_at=at,
        body_digest=body_digest(finding.resource, body),
        body=bodies.pack(headers, body),
        finding=finding,
        snapshot=snapshot,
    )


def store(*units: Prepared, at: datetime = NOW) -> list[Any]:
    return transaction.store(units, at)


class TestFiring:
    """A firing alert, target by target."""

    def test_it_opens_a_thread_with_what_its_recovery_needs(self):
        make_source()
        target = make_target()
        make_rule("all", target)
        store(prepared(title="Broken", environment="staging", project="web"))
        thread = Thread.objects.get()
        assert (thread.target, thread.is_open, thread.round, thread.next_sequence) == (target, True, 1, 2)
        assert (thread.last_status, thread.last_severity, thread.last_fired_at) == ("triggered", "warning", NOW)
        assert (thread.recovery_severity, thread.opened_at, thread.closed_at) == ("ok", NOW, None)
        assert (thread.title, thread.environment, thread.project_slug) == ("Broken", "staging", "web")
        assert (thread.source_name, thread.link.startswith("https://")) == ("acme", True)

    def test_its_delivery_is_due_at_once_and_expires_after_a_day(self):
        make_source()
        make_rule("all", make_target())
        store(prepared())
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.due_at, delivery.finished_at) == ("pending", NOW, None)
        assert (delivery.expires_at, delivery.fallback_at) == (NOW + timedelta(hours=24), None)
        assert (delivery.sequence, delivery.round, delivery.thread) == (1, 1, Thread.objects.get())
        assert (delivery.rules, delivery.priority, delivery.project_slug) == (["all"], 1, "web")

    def test_the_next_one_of_a_thread_waits_behind_the_first(self):
        make_source()
        make_rule("all", make_target())
        store(prepared())
        store(prepared(), prepared(issue_id="4200"))
        assert [(each.sequence, each.due_at) for each in Delivery.objects.order_by("id")] == [
            (1, NOW),
            (2, None),
            (1, NOW),
        ]

    def test_the_next_one_is_due_when_those_before_have_ended(self):
        make_source()
        make_rule("all", make_target())
        store(prepared())
        Delivery.objects.update(status="delivered", finished_at=NOW, due_at=None)
        store(prepared())
        assert [(each.sequence, each.due_at) for each in Delivery.objects.order_by("id")] == [(1, None), (2, NOW)]

    def test_critical_goes_first_and_reaches_the_fallback_sooner(self):
        make_source()
        fallback = make_target("duty")
        make_rule("all", make_target(fallback=fallback), severity={"triggered.fatal": "critical"})
        store(prepared(level="fatal"), prepared(level="error", issue_id="4200"))
        assert [(each.priority, each.fallback_at) for each in Delivery.objects.order_by("id")] == [
            (0, NOW + timedelta(minutes=2)),
            (1, NOW + timedelta(minutes=10)),
        ]

    def test_several_rules_that_meet_at_one_target_make_one_delivery(self):
        make_source()
        team, duty = make_target(), make_target("duty")
        make_rule("first", team, continues=True)
        make_rule("second", team, duty, severity={"triggered": "critical"})
        receipt = store(prepared())[0]
        assert [(each.target_name, each.rules, each.severity) for each in Delivery.objects.order_by("target_id")] == [
            ("team", ["first", "second"], "critical"),
            ("duty", ["second"], "critical"),
        ]
        assert [target.name for target in receipt.targets] == ["team", "duty"]

    @pytest.mark.parametrize(
        ("hindrance", "reason"),
        [
            ("disabled", "target_disabled"),
            ("dropped", "dropped"),
            ("silenced", "silenced"),
            ("mode", "unsupported_by_mode"),
        ],
    )
    def test_what_holds_it_back_is_named_and_leaves_no_thread(self, hindrance, reason):
        source = make_source(accept_unsigned=True)
        if hindrance == "mode":
            target = make_target(kind="flashduty", url=FORWARD + "k")
        else:
            target = make_target(enabled=hindrance != "disabled")
        make_rule("all", target, severity={"triggered": "drop"} if hindrance == "dropped" else {})
        if hindrance == "silenced":
            Silence.objects.create(name="quiet", starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=1))
        store(prepared("legacy" if hindrance == "mode" else "event_alert.triggered"))
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.reason, delivery.due_at) == ("suppressed", reason, None)
        assert delivery.finished_at == NOW
        assert (Inbound.objects.get().status, Thread.objects.count()) == ("routed", 0)
        assert source

    def test_a_silenced_one_says_by_which_silence_and_until_when(self):
        make_source()
        make_rule("all", make_target())
        end = NOW + timedelta(hours=1)
        silence = Silence.objects.create(name="quiet", starts_at=NOW - timedelta(hours=1), ends_at=end)
        store(prepared())
        delivery = Delivery.objects.get()
        assert (delivery.silence, delivery.silence_name, delivery.held_until) == (silence, "quiet", end)
        assert delivery.awaits_summary

    def test_a_repeat_is_held_back_until_the_window_ends_and_a_louder_one_passes(self):
        make_source()
        make_rule("all", make_target(), repeat_minutes=30, severity={"triggered.fatal": "critical"})
        times = [NOW + timedelta(minutes=minutes) for minutes in (0, 10, 20, 51)]
        levels = ["error", "error", "fatal", "fatal"]
        for at, level in zip(times, levels, strict=True):
            store(prepared(level=level, at=at), at=at)
        assert [(each.reason, each.held_until) for each in Delivery.objects.order_by("id")] == [
            ("", None),
            ("repeated", NOW + timedelta(minutes=30)),
            ("", None),
            ("", None),
        ]

    def test_within_one_transaction_the_threads_are_as_the_alert_before_left_them(self):
        make_source()
        make_rule("all", make_target(), repeat_minutes=30)
        store(prepared(), prepared(), prepared("issue.resolved"), prepared())
        assert [(each.sentry_status, each.reason, each.round) for each in Delivery.objects.order_by("id")] == [
            ("triggered", "", 1),
            ("triggered", "repeated", 1),
            ("resolved", "", 1),
            ("triggered", "", 2),
        ]
        assert Thread.objects.get().is_open

    def test_a_test_is_neither_silenced_nor_repeated(self):
        make_source()
        make_rule("all", make_target(), repeat_minutes=30)
        Silence.objects.create(name="quiet", starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=1))
        store(replace(prepared(), is_test=True), replace(prepared(), is_test=True))
        assert [(each.reason, each.is_test) for each in Delivery.objects.all()] == [("", True), ("", True)]

    def test_the_rule_set_is_stored_once_under_the_version_that_traces_name(self):
        make_source()
        make_rule("all", make_target())
        store(prepared())
        store(prepared(issue_id="4200"))
        version = RulesVersion.objects.get()
        assert {inbound.decision["rules_version"] for inbound in Inbound.objects.all()} == {version.digest}
        assert [rule["name"] for rule in version.content["rules"]] == ["all"]


class TestRecovery:
    """A recovery goes where the problem was told of."""

    def test_it_goes_only_to_targets_that_were_told(self):
        make_source()
        rule = make_rule("all", make_target())
        store(prepared())
        rule.targets.set([make_target("duty")])
        receipt = store(prepared("issue.resolved"))[0]
        assert [(target.name, target.severity) for target in receipt.targets] == [("team", "ok")]
        assert (receipt.status, receipt.reason) == ("routed", "matched")
        thread = Thread.objects.get()
        assert (thread.is_open, thread.closed_at, thread.round) == (False, NOW, 1)

    def test_one_of_something_never_announced_is_ignored(self):
        make_source()
        make_rule("all", make_target())
        receipt = store(prepared("issue.resolved"))[0]
        assert (receipt.status, receipt.reason, receipt.targets) == ("ignored", "recovery_without_firing", ())
        assert not Delivery.objects.exists()

    def test_the_second_one_finds_nobody_left_to_tell(self):
        make_source()
        make_rule("all", make_target())
        store(prepared(), prepared("issue.resolved"))
        assert store(prepared("issue.resolved"))[0].reason == "recovery_without_firing"

    def test_it_waits_behind_its_firing(self):
        make_source()
        make_rule("all", make_target())
        store(prepared())
        store(prepared("issue.resolved"))
        assert [each.due_at for each in Delivery.objects.order_by("id")] == [NOW, None]

    @pytest.mark.parametrize("end", ["dead", "expired", "cancelled"])
    def test_it_is_cancelled_when_no_firing_of_the_round_arrived(self, end):
        make_source()
        make_rule("all", make_target())
        store(prepared(), prepared())
        Delivery.objects.update(status=end, finished_at=NOW, due_at=None)
        receipt = store(prepared("issue.resolved"))[0]
        assert [(target.status, target.reason) for target in receipt.targets] == [("cancelled", "never_told")]
        assert not Thread.objects.get().is_open

    def test_it_is_sent_when_one_firing_of_the_round_arrived(self):
        make_source()
        make_rule("all", make_target())
        store(prepared(), prepared())
        first, second = Delivery.objects.order_by("id")
        Delivery.objects.filter(pk=first.pk).update(status="delivered", finished_at=NOW, due_at=None)
        Delivery.objects.filter(pk=second.pk).update(status="dead", finished_at=NOW, due_at=None)
        assert [target.status for target in store(prepared("issue.resolved"))[0].targets] == ["pending"]

    def test_it_is_sent_behind_a_firing_that_came_in_the_same_transaction(self):
        make_source()
        make_rule("all", make_target())
        store(prepared())
        Delivery.objects.update(status="dead", finished_at=NOW, due_at=None)
        receipts = store(prepared(), prepared("issue.resolved"))
        assert [target.status for target in receipts[1].targets] == ["pending"]

    def test_firings_of_an_earlier_round_do_not_count(self):
        make_source()
        make_rule("all", make_target())
        store(prepared(), prepared("issue.resolved"))
        Delivery.objects.update(status="delivered", finished_at=NOW, due_at=None)
        store(prepared())
        Delivery.objects.filter(round=2).update(status="dead", finished_at=NOW, due_at=None)
        assert store(prepared("issue.resolved"))[0].targets[0].reason == "never_told"

    def test_a_drop_chosen_with_the_firing_holds_even_when_the_rules_change(self):
        make_source()
        rule = make_rule("all", make_target(), severity={"resolved": "drop"})
        store(prepared())
        rule.severity = {}
        rule.save()
        receipt = store(prepared("issue.resolved"))[0]
        assert [(target.status, target.reason) for target in receipt.targets] == [("suppressed", "dropped")]
        assert not Thread.objects.get().is_open

    def test_a_disabled_targets_recovery_waits_for_it(self):
        make_source()
        make_rule("all", make_target())
        store(prepared())
        Target.objects.update(enabled=False)
        assert [target.status for target in store(prepared("issue.resolved"))[0].targets] == ["pending"]

    def test_a_metric_alert_is_one_thread_from_critical_over_warning_to_resolved(self):
        make_source()
        make_rule("all", make_target())
        for kind in ("metric_alert.critical", "metric_alert.warning", "metric_alert.resolved"):
            store(prepared(kind))
        assert [(each.sentry_status, each.severity, each.round) for each in Delivery.objects.order_by("id")] == [
            ("critical", "critical", 1),
            ("warning", "warning", 1),
            ("resolved", "ok", 1),
        ]
        assert Thread.objects.count() == 1


class TestDuplicates:
    """The same webhook again."""

    def test_it_is_counted_on_the_first_also_within_one_transaction(self):
        make_source()
        one = prepared()
        first, second = store(one, one)
        third = store(one)[0]
        assert (second.id, second.status, second.is_duplicate) == (first.id, "duplicate", True)
        assert third.id == first.id
        assert Inbound.objects.get().duplicate_count == 2

    def test_the_same_idempotency_key_is_enough(self):
        make_source()
        first, second = store(
            replace(prepared(), idempotency_key="k"), replace(prepared(issue_id="9"), idempotency_key="k")
        )
        assert (second.id, second.is_duplicate) == (first.id, True)

    def test_another_source_is_another_matter(self):
        make_source()
        one = replace(prepared(), idempotency_key="k")
        other = make_source("other", key="k-other")
        store(one, replace(one, source_id=other.pk))
        assert Inbound.objects.count() == 2

    def test_after_thirty_days_it_is_new(self):
        make_source()
        one = replace(prepared(), idempotency_key="k")
        store(one)
        later = NOW + timedelta(days=30, seconds=1)
        receipt = store(replace(one, received_at=later), at=later)[0]
        assert not receipt.is_duplicate
        assert store(one, at=later)[0].id == receipt.id

    def test_our_own_tests_are_never_duplicates(self):
        make_source()
        one = replace(prepared(), body_digest=None, is_test=True)
        store(one, one)
        assert Inbound.objects.count() == 2


class TestTrouble:
    """One webhook that cannot be stored takes no other down."""

    def test_one_whose_decision_cannot_be_stored_is_kept_as_failed(self):
        make_source()
        make_rule("all", make_target())
        poisoned = prepared(issue_id="666")
        finding = replace(poisoned.finding, alert_json=b"[")
        receipts = store(prepared(), replace(poisoned, finding=finding), prepared(issue_id="4200"))
        assert [receipt.status for receipt in receipts] == ["routed", "failed", "routed"]
        failed = Inbound.objects.get(status="failed")
        assert (failed.reason, "Traceback" in failed.traceback) == ("deciding_failed", True)
        assert InboundBody.objects.count() == 3

    def test_deciding_that_raised_is_stored_with_the_alert_and_the_traceback(self):
        make_source()
        one = prepared(title="Broken")
        store(replace(one, finding=transaction.failed(one.finding, RuntimeError("boom"))))
        inbound = Inbound.objects.get()
        assert (inbound.status, inbound.reason, inbound.title) == ("failed", "deciding_failed", "Broken")
        assert "boom" in inbound.traceback

    def test_text_that_only_one_database_takes_is_stored_alike_in_both(self):
        make_source()
        make_rule("all", make_target())
        store(prepared(title="nul \0 and half \ud800 and " + "long " * 200, environment="e" * 300))
        assert Inbound.objects.get().status == "routed"
        assert len(Thread.objects.get().environment) <= 200


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestRaces:
    """Several processes store at once; SQLite lets one after the other write, Postgres does not."""

    def test_the_same_webhook_at_the_same_time_is_stored_once(self):
        make_source()
        make_rule("all", make_target())
        one = prepared()
        receipts = at_once([lambda: store(one)[0] for _ in range(4)])
        assert len({receipt.id for receipt in receipts}) == 1
        assert sorted(receipt.is_duplicate for receipt in receipts) == [False, True, True, True]
        assert (Inbound.objects.get().duplicate_count, Delivery.objects.count()) == (3, 1)

    def test_alerts_about_one_problem_at_the_same_time_share_one_thread_in_order(self):
        make_source()
        make_rule("all", make_target(), make_target("duty"))
        units = [prepared() for _ in range(4)]
        at_once([lambda unit=unit: store(unit)[0] for unit in units])
        assert Thread.objects.count() == 2
        for thread in Thread.objects.all():
            line = list(thread.deliveries.order_by("sequence").values_list("sequence", "due_at"))
            assert line == [(1, NOW), (2, None), (3, None), (4, None)]

    def test_one_that_cannot_be_stored_at_all_is_told_to_its_own_caller(self):
        source = make_source()
        homeless = replace(prepared(), source_id=source.pk + 1000)
        results = store(homeless, prepared(issue_id="4200"))
        assert [isinstance(result, Receipt) for result in results] == [False, True]
        assert isinstance(results[0], Exception)

    def test_a_target_that_vanished_meanwhile_leaves_the_deciding_to_the_worker(self):
        make_source()
        make_rule("all", make_target())
        one = prepared()
        Rule.objects.all().delete()
        Target.objects.all().delete()
        receipt = store(one)[0]
        assert receipt.status == "received"
        assert Inbound.objects.get().status == "received"


def at_once(jobs: list[Any]) -> list[Any]:
    """Run jobs in threads of their own, all beginning at the same moment."""
    barrier, results = Barrier(len(jobs)), [None] * len(jobs)

    def run(place: int, job: Any) -> None:
        barrier.wait()
        try:
            results[place] = job()
        finally:
            connections.close_all()

    runners = [Runner(target=run, args=item) for item in enumerate(jobs)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    return results
