"""Refused calls: kept in bounds, counted, and replayed once the cause is mended."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from routing.models import AuditEntry, Delivery, Inbound, QuarantinedCall, Source, Target
from routing.selectors import configuration
from routing.services import replaying
from routing.services.ingest import quarantine
from routing.services.setup import sources
from tests.routing.calls import BOT, make_source, make_target, send, send_legacy

pytestmark = pytest.mark.django_db


def keep(source: Source, count: int = 1, *, size: int = 10, seconds_apart: float = 10) -> list[bool]:
    """Refuse some calls of a source, one after the other."""
    entry = configuration.current().sources[source.pk]
    start = timezone.now()
    return [
        quarantine.keep(
            entry,
            reason="bad_signature",
            headers={},
            body=bytes(number % 251 for number in range(size)),
            now=start + timedelta(seconds=number * seconds_apart),
        )
        for number in range(count)
    ]


class TestBounds:
    """A flood of refused calls costs little and drowns nothing."""

    def test_the_oldest_make_room_when_there_are_too_many(self, monkeypatch):
        monkeypatch.setattr(quarantine, "MAX_CALLS", 3)
        source = make_source()
        keep(source, 5)
        times = list(QuarantinedCall.objects.order_by("id").values_list("received_at", flat=True))
        source.refresh_from_db()
        assert (len(times), times[-1], source.refused_count) == (3, source.refused_at, 5)

    def test_the_oldest_make_room_when_they_are_too_large(self, monkeypatch):
        source = make_source()
        keep(source, 1)
        monkeypatch.setattr(quarantine, "MAX_BYTES", QuarantinedCall.objects.get().size * 2)
        keep(source, 5)
        assert QuarantinedCall.objects.count() == 2

    def test_one_source_does_not_crowd_out_another(self, monkeypatch):
        monkeypatch.setattr(quarantine, "MAX_CALLS", 2)
        first, second = make_source(), make_source("other", key="k-other")
        keep(first)
        keep(second, 5)
        assert first.quarantine.count() == 1

    def test_a_flood_is_counted_to_the_last_but_hardly_written(self):
        source = make_source()
        kept = keep(source, 1000, seconds_apart=0.001)
        assert kept.count(True) == pytest.approx(quarantine.BURST + quarantine.PER_SECOND, abs=2)
        keep(source, 1, seconds_apart=0)
        entry = configuration.current().sources[source.pk]
        quarantine.keep(entry, reason="bad_signature", headers={}, body=b"", now=timezone.now() + timedelta(minutes=1))
        source.refresh_from_db()
        assert source.refused_count == 1002

    def test_the_body_is_sealed(self):
        source = make_source()
        entry = configuration.current().sources[source.pk]
        quarantine.keep(entry, reason="unsigned", headers={}, body=b"secret words", now=timezone.now())
        assert b"secret words" not in bytes(QuarantinedCall.objects.get().data)


class TestReplay:
    """The cause is mended, and the calls are handed to the receiver again."""

    def test_what_verifies_now_is_stored_and_marked_and_the_count_goes_down(self):
        source = make_source(secret="mistyped")
        source.default_targets.add(make_target())
        for _ in range(2):
            send()
        sources.add_client_secret(source, "s-acme")
        first, second = QuarantinedCall.objects.order_by("id")
        answer = replaying.replay_quarantined(first, "tester")
        source.refresh_from_db()
        inbound = Inbound.objects.get()
        assert (answer.status, inbound.status, source.refused_count) == (202, "routed", 1)
        assert inbound.flags == [f"replayed: {first.received_at.isoformat()}"]
        assert Delivery.objects.count() == 1
        replaying.replay_quarantined(second, "tester")
        source.refresh_from_db()
        assert source.refused_count == 0
        assert QuarantinedCall.objects.filter(replayed_at__isnull=True).count() == 0

    def test_what_still_does_not_verify_stays_where_it_is(self):
        source = make_source(secret="mistyped")
        send()
        answer = replaying.replay_quarantined(QuarantinedCall.objects.get(), "tester")
        source.refresh_from_db()
        assert (answer.status, source.refused_count) == (401, 1)
        assert QuarantinedCall.objects.get().replayed_at is None
        assert not Inbound.objects.exists()

    def test_an_unsigned_call_is_accepted_once_the_source_allows_it(self):
        source = make_source()
        send_legacy()
        Source.objects.filter(pk=source.pk).update(accept_unsigned=True)
        assert replaying.replay_quarantined(QuarantinedCall.objects.get(), "tester").status == 202
        assert "unsigned" in Inbound.objects.get().flags

    def test_replaying_twice_stores_once(self):
        source = make_source(secret="mistyped")
        send()
        sources.add_client_secret(source, "s-acme")
        call = QuarantinedCall.objects.get()
        answers = [replaying.replay_quarantined(call, "tester").payload["status"] for _ in range(2)]
        assert answers == ["unrouted", "duplicate"]

    def test_a_call_for_an_unknown_bot_goes_to_it_once_it_is_added(self):
        send_legacy(f"/hook?feishu={BOT}new")
        call = QuarantinedCall.objects.get()
        assert replaying.replay_quarantined(call, "tester").status == 404
        make_target("added", url=BOT + "new")
        assert replaying.replay_quarantined(call, "tester").status == 202
        assert Delivery.objects.get().target_name == "added"

    def test_one_click_adds_the_bot_and_replays(self):
        send_legacy(f"/hook?feishu={BOT}new")
        send_legacy(f"/hook?feishu={BOT}new")
        answers = [replaying.replay_quarantined(call, "tester", add_bot=True) for call in QuarantinedCall.objects.all()]
        assert [answer.status for answer in answers] == [202, 202]
        assert Target.objects.get().settings()["webhook_url"] == BOT + "new"
        assert Delivery.objects.count() == 2

    def test_each_replay_is_in_the_audit_trail(self):
        user = get_user_model().objects.create(username="ann")
        make_source(secret="mistyped")
        send()
        replaying.replay_quarantined(QuarantinedCall.objects.get(), user)
        entry = AuditEntry.objects.get()
        assert (entry.actor, entry.action, entry.detail) == ("ann", "replay", {"status": 401})
