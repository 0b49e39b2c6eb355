"""Doing again: deliveries that ended, decisions that failed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from routing.models import AuditEntry, Delivery, Inbound, InboundBody, Silence, Thread
from routing.services import replaying
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


def ended(status: str = "delivered") -> Delivery:
    """A delivery that has ended."""
    make_source()
    make_rule("all", make_target())
    send(level="fatal")
    Delivery.objects.update(status=status, finished_at=timezone.now(), due_at=None)
    return Delivery.objects.get()


class TestResend:
    """A finished delivery is sent once more, as one of its own."""

    def test_it_goes_to_the_end_of_its_threads_line(self):
        delivery = ended("dead")
        send()
        again = replaying.resend(delivery, "tester")
        thread = Thread.objects.get()
        assert (again.resend_of, again.thread, again.sequence, again.status) == (delivery, thread, 3, "pending")
        assert (again.due_at, thread.next_sequence) == (None, 4)
        delivery.refresh_from_db()
        assert delivery.status == "dead"

    def test_it_is_due_at_once_when_nothing_is_before_it(self):
        again = replaying.resend(ended(), "tester")
        assert again.due_at == again.created_at
        assert (again.inbound, again.alert_key) == (again.resend_of.inbound, again.resend_of.alert_key)

    def test_one_that_has_not_ended_is_refused(self):
        delivery = ended()
        again = replaying.resend(delivery, "tester")
        with pytest.raises(replaying.NotResendable):
            replaying.resend(again, "tester")

    def test_one_whose_target_was_deleted_is_refused(self):
        delivery = ended()
        Delivery.objects.update(target=None)
        delivery.refresh_from_db()
        with pytest.raises(replaying.NotResendable):
            replaying.resend(delivery, "tester")

    def test_a_firing_that_was_held_back_opens_its_thread_so_that_the_recovery_follows(self):
        make_source()
        make_rule("all", make_target(), severity={"triggered": "drop"})
        send(title="Broken", environment="staging")
        again = replaying.resend(Delivery.objects.get(), "tester")
        thread = Thread.objects.get()
        assert (again.severity, thread.is_open, thread.round) == ("warning", True, 1)
        assert (thread.title, thread.environment, thread.source_name) == ("Broken", "staging", "acme")
        assert [target["name"] for target in send("issue.resolved").json()["targets"]] == ["team"]

    def test_a_firing_that_is_resolved_by_now_opens_nothing(self):
        delivery = ended()
        send("issue.resolved")
        replaying.resend(delivery, "tester")
        assert not Thread.objects.get().is_open

    def test_many_are_resent_oldest_first_and_each_is_in_the_audit_trail(self):
        delivery = ended()
        send(issue_id="4200")
        made = replaying.resend_many(Delivery.objects.all(), "tester")
        assert [again.resend_of for again in made] == [delivery]
        assert AuditEntry.objects.get(action="resend").detail == {"new": made[0].pk}


class TestCancel:
    """What waits is cancelled by hand."""

    def test_only_what_waits_is_cancelled_and_the_next_gets_its_turn(self):
        make_source()
        make_rule("all", make_target())
        send()
        send()
        first, second = Delivery.objects.order_by("id")
        assert replaying.cancel_many(Delivery.objects.filter(pk=first.pk), "tester") == 1
        second.refresh_from_db()
        assert second.due_at is not None
        assert replaying.cancel_many(Delivery.objects.filter(pk=first.pk), "tester") == 0


class TestReprocess:
    """A decision is taken again, by the rules as they are now."""

    def test_what_was_unrouted_finds_its_targets(self):
        make_source()
        inbound = Inbound.objects.get(pk=send().json()["id"])
        make_rule("all", make_target())
        again = replaying.reprocess(inbound, "tester")
        assert (again.status, again.reason) == ("routed", "matched")
        assert Delivery.objects.get().inbound == inbound
        assert AuditEntry.objects.get().action == "reprocess"

    def test_what_was_routed_is_left_alone(self):
        make_source()
        make_rule("all", make_target())
        inbound = Inbound.objects.get(pk=send().json()["id"])
        assert replaying.reprocess(inbound, "tester").status == "routed"
        assert Delivery.objects.count() == 1
        assert not AuditEntry.objects.exists()

    def test_what_has_no_body_any_more_is_left_alone(self):
        make_source()
        inbound = Inbound.objects.get(pk=send().json()["id"])
        InboundBody.objects.all().delete()
        assert replaying.reprocess(inbound, "tester").status == "unrouted"

    def test_what_is_silenced_now_is_held_back(self):
        make_source()
        inbound = Inbound.objects.get(pk=send().json()["id"])
        make_rule("all", make_target())
        now = timezone.now()
        Silence.objects.create(name="quiet", starts_at=now, ends_at=now + timedelta(hours=1))
        replaying.reprocess(inbound, "tester")
        assert Delivery.objects.get().reason == "silenced"
