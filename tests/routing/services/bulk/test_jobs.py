"""Jobs of many: what they take on, how they go on after a crash, and that nobody waits for them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError
from django.utils import timezone

from routing.models import (
    ApiToken,
    AuditEntry,
    BulkItem,
    BulkJob,
    Delivery,
    Inbound,
    InboundBody,
    QuarantinedCall,
    Rule,
    Silence,
    Target,
    Thread,
)
from routing.services import replaying
from routing.services.bulk import acts, jobs
from routing.services.bulk.planning import plan
from routing.services.deciding import decide_waiting
from routing.services.setup import tokens
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A step ends by what there is to do, not by how fast the machine is."""
    monkeypatch.setattr(jobs, "STEP_SECONDS", 600)


def dead(count: int, *targets: Target) -> list[Delivery]:
    """Deliveries that were given up, each of an alert of its own."""
    make_source()
    make_rule("all", *(targets or [make_target()]))
    for number in range(count):
        send(issue_id=str(5000 + number))
    end(Delivery.objects.all(), "dead")
    return list(Delivery.objects.order_by("id"))


def end(rows, status: str = "delivered") -> None:
    """End what waits."""
    rows.update(status=status, finished_at=timezone.now(), due_at=None)


def start(act: str, rows=None, **filters: str) -> BulkJob:
    return jobs.start(act, Delivery.objects.all() if rows is None else rows, actor="tester", filters=filters)


def work(job: BulkJob) -> BulkJob:
    """Step until nothing is left, with every target delivering at once."""
    for _ in range(200):
        jobs.step(timezone.now())
        end(Delivery.objects.filter(finished_at__isnull=True))
        job.refresh_from_db()
        if job.finished_at:
            return job
    raise AssertionError(f"{job.left} left")


def made_by(job: BulkJob):
    return Delivery.objects.filter(bulk_job=job).order_by("id")


class TestResendAsItWas:
    """The same alerts to the same targets."""

    def test_every_row_is_sent_again_in_order_and_the_numbers_add_up(self):
        originals = dead(7)
        job = work(start("resend", status="dead"))
        assert [again.resend_of for again in made_by(job)] == originals
        assert (job.status, job.total, job.done, job.failed, job.left_out, job.left) == ("done", 7, 7, 0, 0, 0)
        assert not BulkItem.objects.exists()

    def test_the_audit_trail_has_one_row_for_the_start_and_one_for_the_end_with_filter_and_numbers(self):
        dead(3)
        work(start("resend", status="dead"))
        begun, ended = AuditEntry.objects.order_by("id")
        assert (begun.action, begun.actor, begun.detail) == (
            "bulk_resend", "tester", {"filter": {"status": "dead"}, "total": 3},
        )  # fmt: skip
        assert (ended.action, ended.actor, ended.detail["done"], ended.detail["left"]) == (
            "bulk_finished",
            "tester",
            3,
            0,
        )

    def test_what_cannot_or_need_not_be_sent_is_left_out_with_the_reason(self):
        gone, again, off, waits, _fine = dead(5)
        Delivery.objects.filter(pk=gone.pk).update(target=None)
        end(Delivery.objects.filter(pk=replaying.resend(again, "tester").pk))
        Delivery.objects.filter(pk=off.pk).update(target=make_target("off", enabled=False))
        Delivery.objects.filter(pk=waits.pk).update(status="pending", finished_at=None, due_at=timezone.now())
        found = plan("resend", Delivery.objects.filter(resend_of__isnull=True), timezone.now())
        assert (found.found, found.total) == (5, 1)
        assert found.left_out == {"target_gone": 1, "sent_again": 1, "target_disabled": 1, "unfinished": 1}

    def test_one_that_died_again_is_sent_again(self):
        (delivery,) = dead(1)
        end(Delivery.objects.filter(pk=replaying.resend(delivery, "tester").pk), "dead")
        assert plan("resend", Delivery.objects.filter(pk=delivery.pk), timezone.now()).total == 1

    def test_what_changed_since_the_start_is_left_out_when_its_turn_comes(self):
        first, second, _third = dead(3)
        job = start("resend")
        Delivery.objects.filter(pk=first.pk).update(target=None)
        end(Delivery.objects.filter(pk=replaying.resend(second, "tester").pk))
        job = work(job)
        assert (job.done, job.left_out, job.reasons) == (1, 2, {"target_gone": 1, "sent_again": 1})

    def test_the_plan_says_to_whom_how_long_and_who_is_in_trouble(self):
        dead(4, make_target("team"), make_target("duty", kind="flashduty"))
        Target.objects.filter(name="team").update(broken_since=timezone.now())
        found = plan("resend", Delivery.objects.all(), timezone.now())
        assert [(one.target.name, one.count, one.trouble) for one in found.targets] == [
            ("duty", 4, ""), ("team", 4, "broken"),
        ]  # fmt: skip
        assert found.seconds == pytest.approx(4 / (100 / 60))

    def test_more_than_a_job_takes_is_refused_and_nothing_is_stored(self, monkeypatch):
        dead(3)
        monkeypatch.setattr(jobs, "MOST", 2)
        with pytest.raises(jobs.TooMany):
            start("resend")
        assert not BulkJob.objects.exists()

    def test_a_long_list_is_noted_in_several_transactions(self, monkeypatch):
        dead(5)
        monkeypatch.setattr(jobs, "CHUNK", 2)
        assert start("resend").total == BulkItem.objects.count() == 5


class TestPace:
    """Live alerts never wait long behind what is resent."""

    def test_a_bot_gets_no_more_at_once_than_it_takes_in_three_seconds(self):
        dead(30)
        job = start("resend")
        assert jobs.step(timezone.now()) == 5
        assert jobs.step(timezone.now()) == 0
        end(Delivery.objects.filter(pk__in=[row.pk for row in made_by(job)[:2]]))
        assert jobs.step(timezone.now()) == 2

    def test_nothing_is_added_while_a_live_alert_waits_for_the_target(self):
        dead(3)
        job = start("resend")
        send(issue_id="1")
        assert jobs.step(timezone.now()) == 0
        end(Delivery.objects.filter(finished_at__isnull=True))
        assert jobs.step(timezone.now()) == 3
        assert job.items.count() == 0

    def test_a_target_that_is_busy_does_not_keep_another_from_its_own(self):
        dead(3, make_target("team"), make_target("other"))
        busy = Target.objects.get(name="team")
        make_rule("live", busy)
        Rule.objects.filter(name="all").delete()
        job = start("resend")
        send(issue_id="1")
        assert jobs.step(timezone.now()) == 3
        assert {row.target.name for row in made_by(job)} == {"other"}

    def test_a_target_that_is_probed_gets_one(self):
        dead(5)
        job = start("resend")
        Target.objects.update(probe_at=timezone.now())
        assert jobs.step(timezone.now()) == 1
        assert made_by(job).count() == 1

    def test_a_critical_one_waits_behind_live_critical_ones(self):
        dead(1)
        Delivery.objects.update(severity="critical", priority=0)
        job = start("resend")
        jobs.step(timezone.now())
        assert (made_by(job).get().severity, made_by(job).get().priority) == ("critical", 1)


class TestCrash:
    """A worker that dies leaves a job that another one goes on with, and nothing is sent twice."""

    def test_what_was_interrupted_is_done_once(self, monkeypatch):
        originals = dead(4)
        job = start("resend")
        real, calls = acts.queue, []

        def dying(*arguments):
            made = real(*arguments)
            calls.append(made)
            if len(calls) == 2:
                raise OperationalError("gone")
            return made

        monkeypatch.setattr(acts, "queue", dying)
        now = timezone.now()
        with pytest.raises(OperationalError):
            jobs.step(now)
        monkeypatch.undo()
        assert made_by(job).count() == 1
        assert jobs.step(now) == 0, "the lease of the dead worker still holds"
        assert jobs.step(now + jobs.LEASE) == 3
        assert sorted(row.resend_of_id for row in made_by(job)) == [row.pk for row in originals]

    def test_a_row_that_fails_is_counted_and_the_rest_goes_on(self, monkeypatch):
        _first, second, _third = dead(3)
        job = start("resend")
        real = acts.queue

        def picky(again, *rest):
            if again.resend_of.pk == second.pk:
                raise ValueError("bad row")
            return real(again, *rest)

        monkeypatch.setattr(acts, "queue", picky)
        jobs.step(timezone.now())
        job.refresh_from_db()
        assert (job.done, job.failed, job.reasons) == (2, 1, {"failed": 1})

    def test_a_job_whose_preparation_died_ends_cancelled_and_does_nothing(self):
        (delivery,) = dead(1)
        job = BulkJob.objects.create(act="resend", actor="tester", created_at=timezone.now() - timedelta(hours=1))
        BulkItem.objects.create(job=job, lane=delivery.target_id, object_id=delivery.pk)
        jobs.step(timezone.now())
        job.refresh_from_db()
        assert (job.status, job.reason) == ("cancelled", "not_prepared")
        assert not BulkItem.objects.exists()
        assert not made_by(job).exists()


class TestStopping:
    """A person may stop a job while it runs."""

    def test_what_is_left_is_left_as_it_is_and_the_numbers_are_kept(self):
        dead(9)
        job = start("resend")
        jobs.step(timezone.now())
        assert jobs.cancel(job, actor="boss")
        jobs.step(timezone.now())
        job.refresh_from_db()
        assert (job.status, job.reason, job.done, job.left) == ("cancelled", "cancelled_by_operator", 5, 4)
        assert not BulkItem.objects.exists()
        stopped = AuditEntry.objects.get(action="bulk_stopped")
        assert (stopped.actor, stopped.detail["done"], stopped.detail["left"]) == ("boss", 5, 4)

    def test_one_that_has_ended_cannot_be_stopped(self):
        dead(1)
        job = work(start("resend"))
        assert not jobs.cancel(job, actor="boss")


class TestRights:
    """A job acts with the rights of whoever began it, for as long as they have them."""

    @pytest.fixture
    def duty(self) -> Target:
        return make_target("duty", kind="flashduty", is_operations=True)

    @staticmethod
    def begun_by(actor) -> BulkJob:
        """A job that has done five of nine rows."""
        dead(9)
        job = jobs.start("resend", Delivery.objects.all(), actor=actor, filters={})
        jobs.step(timezone.now())
        return job

    @staticmethod
    def user() -> User:
        user = User.objects.create_user("ada", is_staff=True)
        user.groups.add(Group.objects.get(name="operator"))
        return user

    def stopped(self, job: BulkJob) -> str:
        """Why it was stopped; with all that a person sees of it."""
        end(made_by(job))
        jobs.step(timezone.now())
        jobs.step(timezone.now())
        job.refresh_from_db()
        assert (job.status, job.done, job.left) == ("cancelled", 5, 4)
        assert not BulkItem.objects.exists()
        entry = AuditEntry.objects.get(action="bulk_stopped")
        assert (entry.actor, entry.detail["reason"], entry.detail["left"]) == ("relay", job.reason, 4)
        (told,) = Delivery.objects.filter(message_type="operations")
        assert f"#{job.pk}" in told.message["title"]["en"]
        assert f"#{job.pk}" in told.message["title"]["zh"]
        return job.reason

    def test_it_stops_when_its_token_is_revoked(self, duty):
        token, _text = tokens.create(name="ci", role="operator")
        job = self.begun_by(token)
        assert job.actor == "ci"
        tokens.revoke(token, actor="boss")
        assert self.stopped(job) == "token_revoked"

    def test_it_stops_when_its_token_expires(self, duty):
        now = timezone.now()
        token, _text = tokens.create(name="ci", role="operator", expires_at=now + timedelta(hours=1))
        job = self.begun_by(token)
        ApiToken.objects.update(expires_at=now)
        assert self.stopped(job) == "token_expired"

    def test_another_token_of_the_same_name_does_not_let_it_go_on(self, duty):
        token, _text = tokens.create(name="ci", role="operator")
        job = self.begun_by(token)
        tokens.revoke(token, actor="boss")
        tokens.create(name="ci", role="operator")
        assert self.stopped(job) == "token_revoked"

    def test_it_stops_when_its_account_is_switched_off(self, duty):
        job = self.begun_by(self.user())
        User.objects.update(is_active=False)
        assert self.stopped(job) == "user_deactivated"

    def test_it_stops_when_its_account_is_deleted(self, duty):
        job = self.begun_by(self.user())
        User.objects.all().delete()
        assert self.stopped(job) == "user_deactivated"

    @pytest.mark.parametrize("taken", ["group", "staff"])
    def test_it_stops_when_its_account_may_not_do_it_any_more(self, duty, taken):
        user = self.user()
        job = self.begun_by(user)
        if taken == "group":
            user.groups.set(Group.objects.filter(name="viewer"))
        else:
            User.objects.update(is_staff=False)
        assert self.stopped(job) == "permission_lost"

    def test_it_goes_on_while_they_have_them_whatever_else_changes(self):
        job = self.begun_by(self.user())
        token, _text = tokens.create(name="ci", role="operator", expires_at=timezone.now() + timedelta(hours=1))
        tokens.revoke(token, actor="boss")
        User.objects.update(last_login=timezone.now(), email="ada@example.com")
        assert work(job).done == 9
        assert job.reason == ""


class TestResendAsItWouldBeNow:
    """The alerts are decided again by today's rules; nobody is told twice."""

    def test_they_go_to_whom_the_rules_name_now_and_its_recovery_will_follow(self):
        dead(2)
        Rule.objects.all().delete()
        new = make_target("new")
        make_rule("today", new, severity={"triggered": "critical"})
        job = work(start("resend_now"))
        assert {(row.target, row.severity, tuple(row.rules)) for row in made_by(job)} == {(new, "critical", ("today",))}
        assert Thread.objects.filter(target=new, is_open=True).count() == 2
        assert [row["name"] for row in send("issue.resolved", issue_id="5000").json()["targets"]] == ["team", "new"]

    def test_an_alert_that_several_targets_missed_is_decided_once(self):
        dead(2, make_target("a"), make_target("b"))
        job = work(start("resend_now"))
        assert (job.total, job.done, made_by(job).count()) == (2, 2, 4)

    def test_who_heard_of_it_is_not_told_again(self):
        dead(1, make_target("a"), make_target("b"))
        Delivery.objects.filter(target__name="a").update(status="delivered")
        found = plan("resend_now", Delivery.objects.filter(status="dead"), timezone.now())
        assert [(one.target.name, one.count) for one in found.targets] == [("b", 1)]
        assert found.untold == {"told": 1}
        job = work(start("resend_now", Delivery.objects.filter(status="dead")))
        assert [row.target.name for row in made_by(job)] == ["b"]

    @pytest.mark.parametrize("reason", ["unmatched", "silenced", "dropped", "target_disabled"])
    def test_what_nobody_is_to_hear_now_is_left_out_with_the_reason(self, reason):
        dead(1)
        now = timezone.now()
        match reason:
            case "unmatched":
                Rule.objects.all().delete()
            case "silenced":
                Silence.objects.create(name="quiet", starts_at=now, ends_at=now + timedelta(hours=1))
            case "dropped":
                Rule.objects.update(severity={"triggered": "drop"})
            case _:
                Target.objects.update(enabled=False)
        assert plan("resend_now", Delivery.objects.all(), now).untold == {reason: 1}
        job = work(start("resend_now"))
        assert (job.done, job.left_out, job.reasons) == (0, 1, {reason: 1})
        assert not made_by(job).exists()

    def test_recoveries_and_messages_without_an_alert_are_left_out(self):
        recovery, summary, _alert = dead(3)
        Delivery.objects.filter(pk=recovery.pk).update(sentry_status="resolved")
        Delivery.objects.filter(pk=summary.pk).update(message_type="summary", inbound=None)
        found = plan("resend_now", Delivery.objects.all(), timezone.now())
        assert (found.total, found.left_out) == (1, {"recovery": 1, "no_alert": 1})

    def test_it_waits_for_room_at_its_targets(self):
        dead(12)
        job = start("resend_now")
        jobs.step(timezone.now())
        assert made_by(job).count() == 5
        assert work(job).done == 12


class TestStep:
    """A step keeps the worker from its other chores for a moment only."""

    def test_it_ends_when_its_time_is_up_and_asks_to_be_called_again(self, monkeypatch):
        dead(3)
        job = start("resend")
        monkeypatch.setattr(jobs, "STEP_SECONDS", -1)
        assert jobs.step(timezone.now()) == 1
        assert not made_by(job).exists()
        monkeypatch.setattr(jobs, "STEP_SECONDS", 600)
        assert jobs.step(timezone.now()) == 3


class TestCancel:
    """What waits is cancelled, however much it is."""

    def test_all_that_waits_is_cancelled_and_the_rest_left_out(self):
        ended, *_ = dead(3)
        Delivery.objects.exclude(pk=ended.pk).update(status="pending", finished_at=None, due_at=timezone.now())
        found = plan("cancel", Delivery.objects.all(), timezone.now())
        assert (found.total, found.left_out) == (2, {"not_waiting": 1})
        job = start("cancel")
        jobs.step(timezone.now())
        jobs.step(timezone.now())
        job.refresh_from_db()
        assert (job.status, job.done) == ("done", 2)
        assert Delivery.objects.filter(reason="cancelled_by_operator").count() == 2


class TestReprocess:
    """Webhooks are decided again, without a flood."""

    def test_they_are_decided_by_the_rules_of_now(self):
        make_source()
        for number in range(3):
            send(issue_id=str(number))
        make_rule("all", make_target())
        job = jobs.start("reprocess", Inbound.objects.all(), actor="tester", filters={})
        jobs.step(timezone.now())
        assert decide_waiting() == 3
        jobs.step(timezone.now())
        job.refresh_from_db()
        assert (job.status, job.done) == ("done", 3)
        assert Delivery.objects.count() == 3

    def test_what_is_routed_or_has_no_body_is_left_out(self):
        make_source()
        send(issue_id="1")
        InboundBody.objects.all().delete()
        make_rule("all", make_target())
        send(issue_id="2")
        found = plan("reprocess", Inbound.objects.all(), timezone.now())
        assert (found.total, found.left_out) == (0, {"decided": 1, "body_gone": 1})

    def test_nothing_is_added_while_live_ones_wait_to_be_decided_or_sent(self):
        make_source()
        send(issue_id="1")
        jobs.start("reprocess", Inbound.objects.all(), actor="tester", filters={})
        make_rule("all", make_target())
        for number in range(10):
            send(issue_id=f"7{number}")
        assert jobs.step(timezone.now()) == 0
        end(Delivery.objects.all())
        assert jobs.step(timezone.now()) == 1


class TestReplay:
    """Refused calls are handed to the receiver again."""

    def test_what_verifies_now_is_stored_and_the_rest_is_counted(self):
        source = make_source(secret="new")
        send(secret="new2")
        send(secret="other")
        from routing.services.setup import sources

        sources.add_client_secret(source, "new2")
        job = jobs.start("replay", QuarantinedCall.objects.all(), actor="tester", filters={})
        jobs.step(timezone.now())
        decide_waiting()
        jobs.step(timezone.now())
        job.refresh_from_db()
        assert (job.status, job.done, job.left_out, job.reasons) == ("done", 1, 1, {"refused_again": 1})
        assert Inbound.objects.count() == 1
