"""One delivery from due to done: attempts, retries, refusals, and what is written down."""

from datetime import timedelta

import pytest

from integrations.contract import Severity
from routing.models import Attempt, Delivery
from routing.services.silences.muting import mute_link
from tests.routing.services.engine.conftest import BAD_SIGNATURE, FAILING, answer
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db


def test_a_due_delivery_is_sent_and_written_down(team, clock, bots, turner):
    delivery = store(team, now=clock())
    assert turner.work() == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason, delivery.due_at, delivery.claim) == ("delivered", "", None, "")
    assert delivery.finished_at == clock()
    attempt = Attempt.objects.get(delivery=delivery)
    assert (attempt.number, attempt.outcome, attempt.http_status, attempt.started_at) == (1, "sent", 200, clock())
    assert "Error issue-1" in attempt.request
    assert '"code": 0' in attempt.response
    assert len(bots.told("team")) == 1


def test_what_is_written_down_holds_no_secret(team, clock, bots, turner):
    token = bots.url("team").rpartition("/")[2]
    bots.will("team", answer(500, msg=f"cannot reach {bots.url('team')} for {token}"))
    store(team, now=clock(), key=token)
    turner.work()
    attempt = Attempt.objects.get()
    assert "cannot reach" in attempt.response
    assert "Error [***]" in attempt.request
    assert token not in attempt.response + attempt.request


def test_a_server_that_fails_twice_gets_it_on_the_third_attempt(team, clock, bots, turner):
    bots.will("team", FAILING, FAILING)
    delivery = store(team, now=clock())
    assert turner.work() == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("pending", "server_error")
    assert delivery.due_at == clock() + timedelta(seconds=1)
    clock.advance(seconds=1)
    assert turner.work() == 1
    clock.advance(seconds=4)
    assert turner.work() == 0
    clock.advance(seconds=1)
    assert turner.work() == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count) == ("delivered", 3)
    assert list(delivery.attempts.values_list("number", "outcome", "reason")) == [
        (1, "retry", "server_error"),
        (2, "retry", "server_error"),
        (3, "sent", ""),
    ]


def test_the_other_side_may_ask_for_a_longer_wait(team, clock, bots, turner):
    bots.will("team", answer(503, {"Retry-After": "40"}, code=1))
    delivery = store(team, now=clock())
    turner.work()
    delivery.refresh_from_db()
    assert delivery.due_at == clock() + timedelta(seconds=40)


def test_while_a_target_asked_to_wait_nobody_else_asks(team, clock, bots, turner):
    bots.will("team", answer(503, {"Retry-After": "20"}, code=1))
    store(team, now=clock())
    turner.work()
    store(team, key="issue-2", now=clock())
    clock.advance(seconds=19)
    assert turner.work() == 0
    clock.advance(seconds=1)
    assert turner.work() == 2


def test_a_permanent_answer_ends_it_at_once(team, clock, bots, turner):
    bots.will("team", BAD_SIGNATURE)
    delivery = store(team, now=clock())
    turner.work()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason, delivery.finished_at) == ("dead", "bad_signature", clock())
    assert Attempt.objects.get().provider_code == "19021"


def test_a_refused_card_is_sent_once_more_as_text(team, clock, bots, turner):
    bots.will("team", answer(code=11246, msg="Failed to create card content, ErrCode: 200621"))
    delivery = store(team, now=clock())
    assert turner.work() == 2
    delivery.refresh_from_db()
    assert delivery.status == "delivered"
    assert ['"msg_type":"text"' in body for body in bots.told("team")] == [False, True]


def test_a_text_that_is_refused_too_is_given_up(team, clock, bots, turner):
    refused = answer(code=11246, msg="Failed to create card content, ErrCode: 200621")
    bots.will("team", refused, refused)
    delivery = store(team, now=clock())
    assert turner.work() == 2
    delivery.refresh_from_db()
    assert delivery.status == "dead"


def test_a_delivery_ends_expired_when_its_next_attempt_would_be_too_late(team, clock, bots, turner):
    bots.will("team", FAILING)
    delivery = store(team, now=clock() - timedelta(hours=23, minutes=59, seconds=59.5))
    turner.work()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("expired", "server_error")


def test_an_attempt_that_may_have_arrived_marks_its_repeat(team, clock, bots, turner):
    bots.will("team", answer(200), FAILING)
    delivery = store(team, now=clock())
    turner.work()
    delivery.refresh_from_db()
    assert (delivery.reason, delivery.maybe_duplicate) == ("unreadable_answer", True)
    other = store(team, key="issue-2", now=clock())
    turner.work()
    other.refresh_from_db()
    assert (other.reason, other.maybe_duplicate) == ("server_error", False)


def test_our_own_mistake_is_tried_again_since_an_upgrade_may_mend_it(team, clock, bots, turner):
    delivery = store(team, now=clock())
    Delivery.objects.update(severity="unheard-of")
    turner.work()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("pending", "render_failed")
    assert bots.told("team") == []
    Delivery.objects.update(severity="warning")
    clock.advance(seconds=1)
    turner.work()
    delivery.refresh_from_db()
    assert delivery.status == "delivered"


def test_a_secret_that_cannot_be_opened_is_named_and_tried_again(team, clock, bots, turner, settings):
    from cryptography.fernet import Fernet

    delivery = store(team, now=clock())
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    turner.work()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("pending", "unreadable_credentials")


def test_a_late_message_says_how_late(team, clock, bots, turner):
    store(team, now=clock())
    clock.advance(minutes=10, seconds=1)
    turner.work()
    store(team, now=clock(), key="issue-2")
    turner.work()
    assert ["延迟送达" in body for body in bots.told("team")] == [True, False]


def test_a_recovery_names_the_environment_its_thread_was_opened_in(team, clock, bots, turner):
    store(team, now=clock())
    store(team, now=clock(), resolved=True)
    turner.work()
    firing, recovery = bots.told("team")
    assert "production" in firing
    assert "production环境的异常已恢复" in recovery


def test_critical_alerts_go_before_older_ones(team, clock, bots, make_turner):
    store(team, key="older", now=clock() - timedelta(minutes=5))
    store(team, key="louder", now=clock(), severity=Severity.CRITICAL)
    make_turner(slots=1).work()
    assert ["Error louder" in body for body in bots.told("team")] == [True, False]


def test_a_disabled_target_pauses_and_goes_on_when_it_is_enabled(team, clock, bots, turner):
    delivery = store(team, now=clock())
    type(team).objects.update(enabled=False)
    assert turner.work() == 0
    type(team).objects.update(enabled=True)
    assert turner.work() == 1
    delivery.refresh_from_db()
    assert delivery.status == "delivered"


def test_a_target_whose_mode_changed_is_not_told_what_it_cannot_be_told(team, clock, bots, turner):
    from routing.services.setup import targets

    delivery = store(team, now=clock(), is_test=True)
    team.kind = "flashduty"
    team.options, team.credentials = {}, {}
    targets.assign(team, {"push_url": bots.server.url_for("/event/push/alert/sentry?integration_key=key0123456789")})
    team.save()
    turner.work()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason, delivery.attempt_count) == ("suppressed", "unsupported_by_mode", 0)
    assert bots.calls == []


def test_a_firing_offers_the_pages_that_answer_it_where_the_target_wants_them(team, clock, bots, turner):
    team.options["answer_links"] = "trace_and_mute"
    team.save()
    firing = store(team, now=clock())
    store(team, now=clock(), resolved=True)
    turner.work()
    fired, recovered = bots.told("team")
    assert f"/admin/routing/inbound/{firing.inbound_id}/change/" in fired
    link = mute_link(firing.inbound_id, clock())
    assert link in fired
    assert "/silence/mute/" not in recovered


def test_a_card_is_as_it_always_was_where_the_target_wants_no_such_pages(team, clock, bots, turner):
    store(team, now=clock())
    turner.work()
    assert "/admin/" not in bots.told("team")[0]
