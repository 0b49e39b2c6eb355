"""What Prometheus is told, and who may ask."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from relay_site.proxies import behind_proxies
from routing.api import metrics as edge
from routing.api.metric_families import MOST_CODES, bounded_codes
from routing.models import Attempt, Delivery, Inbound, Source, Target, Thread, Worker
from routing.selectors import metrics as selector
from routing.selectors.metrics import read_metrics
from routing.services.setup import tokens

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _nothing_remembered():
    edge.collector.forget()
    yield
    edge.collector.forget()


@pytest.fixture
def target() -> Target:
    return Target.objects.create(name="team", kind="feishu")


def deliver(target: Target, **changed) -> Delivery:
    row = {"target": target, "target_name": target.name, "kind": target.kind, "severity": "warning", **changed}
    return Delivery.objects.create(**row)


def ended(target: Target, status: str, **changed) -> Delivery:
    return deliver(target, status=status, **{"finished_at": timezone.now(), **changed})


def scrape(client) -> dict[tuple[str, tuple[str, ...]], float]:
    """Name without prefix, and sorted label values -> number."""
    text = client.get("/metrics").content.decode()
    return {
        (
            sample.name.removeprefix("alert_relay_"),
            tuple(value for _, value in sorted(sample.labels.items())),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# ---- who may ask


def test_a_call_from_this_machine_needs_no_token(client) -> None:
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "passed_on",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "::1", "HTTP_FORWARDED": "for=127.0.0.1"},
        {"REMOTE_ADDR": ""},
    ],
    ids=["another machine", "through a proxy", "through a modern proxy", "unknown"],
)
def test_everybody_else_needs_one_and_is_told_how_to_get_it(client, passed_on) -> None:
    response = client.get("/metrics", **passed_on)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert b"create_token" in response.content
    assert b"alert_relay_" not in response.content


@pytest.mark.parametrize("trusted", [[], ["127.0.0.1"], ["127.0.0.0/8"]], ids=["unknown", "trusted", "trusted network"])
def test_a_proxy_on_this_machine_does_not_make_its_callers_local(client, trusted) -> None:
    seen: dict[str, object] = {}

    def application(environ, _start_response):
        seen.update(environ)
        return []

    claims = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"}
    behind_proxies(application, trusted)(dict(claims), lambda *_: None)
    assert client.get("/metrics", **seen).status_code == 401


def test_a_viewer_token_is_enough_and_a_wrong_or_expired_one_is_not(client) -> None:
    _, text = tokens.create(name="prometheus", role="viewer")
    _, old = tokens.create(name="old", role="admin", expires_at=timezone.now() - timedelta(days=1))

    def ask(token: str):
        return client.get("/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION=f"Bearer {token}").status_code

    assert [ask(text), ask(old), ask("nonsense")] == [200, 401, 401]


def test_a_wrong_token_is_refused_with_401_that_says_what_is_wanted(client) -> None:
    response = client.get("/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION="Bearer x")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_numbers_are_read_only(client) -> None:
    assert client.post("/metrics").status_code == 405


def test_without_a_database_the_answer_is_503(client, monkeypatch) -> None:
    def away(_now):
        raise DatabaseError("password=hunter2")

    monkeypatch.setattr(edge, "read_metrics", away)
    response = client.get("/metrics")
    assert response.status_code == 503
    assert b"hunter2" not in response.content


def test_prometheus_gets_the_format_it_asks_for(client) -> None:
    assert client.get("/metrics")["Content-Type"].startswith("text/plain")
    modern = client.get("/metrics", HTTP_ACCEPT="application/openmetrics-text; version=1.0.0")
    assert modern["Content-Type"].startswith("application/openmetrics-text")
    assert modern.content.endswith(b"# EOF\n")


# ---- what is told


def test_an_empty_relay_tells_zeros_and_no_worker(client) -> None:
    found = scrape(client)
    assert found["workers_alive", ()] == 0
    assert found["undecided", ()] == 0
    assert found["oldest_due_seconds", ()] == 0
    assert found["log_window_seconds", ("inbounds",)] == 3600


def test_webhooks_are_counted_by_status_and_reason_with_their_duplicates(client) -> None:
    Inbound.objects.create(status="routed", reason="matched", duplicate_count=3)
    Inbound.objects.create(status="routed", reason="matched")
    Inbound.objects.create(status="received", received_at=timezone.now() - timedelta(seconds=50))
    Inbound.objects.create(status="unrouted", reason="unmatched", received_at=timezone.now() - timedelta(hours=2))
    found = scrape(client)
    assert found["inbounds_last_hour", ("matched", "routed")] == 2
    assert found["duplicates_last_hour", ()] == 3
    assert found["undecided", ()] == 1
    assert found["oldest_undecided_seconds", ()] == pytest.approx(50, abs=10)
    assert ("inbounds_last_hour", ("unmatched", "unrouted")) not in found


def test_the_span_is_told_when_not_the_whole_hour_was_counted(client, monkeypatch) -> None:
    monkeypatch.setattr(selector, "MOST_ROWS", 2)
    for minutes in (30, 20, 10):
        Inbound.objects.create(status="routed", received_at=timezone.now() - timedelta(minutes=minutes))
    found = scrape(client)
    assert found["inbounds_last_hour", ("", "routed")] == 2
    assert found["log_window_seconds", ("inbounds",)] == pytest.approx(1800, abs=10)
    assert found["log_window_seconds", ("attempts",)] == 3600


def test_deliveries_are_counted_by_target_status_and_reason(client, target) -> None:
    ended(target, "delivered")
    ended(target, "suppressed", reason="silenced")
    found = scrape(client)
    assert found["deliveries_last_hour", ("feishu", "", "delivered", "team")] == 1
    assert found["deliveries_last_hour", ("feishu", "silenced", "suppressed", "team")] == 1


def test_what_was_given_up_counts_when_it_ended_not_when_it_began(client, target) -> None:
    ended(target, "expired", created_at=timezone.now() - timedelta(hours=24))
    ended(target, "dead", reason="bad_address", finished_at=timezone.now() - timedelta(hours=3))
    found = scrape(client)
    assert found["given_up_last_hour", ("feishu", "", "expired", "team")] == 1
    assert len([name for name, _ in found if name == "given_up_last_hour"]) == 1


def test_attempts_are_counted_by_outcome_and_provider_code(client, target) -> None:
    delivery = deliver(target)
    now = timezone.now()
    Attempt.objects.create(
        delivery=delivery, number=1, started_at=now, outcome="retry", reason="rate_limited", provider_code="11232"
    )
    Attempt.objects.create(delivery=delivery, number=2, started_at=now, outcome="sent")
    found = scrape(client)
    assert found["attempts_last_hour", ("feishu", "retry", "11232", "rate_limited")] == 1
    assert found["attempts_last_hour", ("feishu", "sent", "", "")] == 1


def test_provider_codes_from_outside_cannot_make_series_without_end() -> None:
    rare = [(("feishu", "retry", "refused", f"code-{number}"), 1) for number in range(100)]
    counts = dict(
        bounded_codes(
            [*rare, (("feishu", "retry", "refused", "11232"), 50), (("feishu", "retry", "refused", 'x"} 1\n'), 60)]
        )
    )
    assert len(counts) == MOST_CODES + 1
    assert counts["feishu", "retry", "refused", "11232"] == 50
    assert counts["feishu", "retry", "refused", "other"] == 60 + 100 - (MOST_CODES - 1)


def test_the_backlog_is_told_by_what_it_waits_for(client, target) -> None:
    off = Target.objects.create(name="off", kind="feishu", enabled=False)
    now = timezone.now()
    deliver(target, due_at=now - timedelta(seconds=90))
    deliver(target, due_at=now + timedelta(hours=1))
    deliver(target, status="sending", due_at=now)
    deliver(target)
    deliver(off, due_at=now - timedelta(days=1))
    found = scrape(client)
    states = {
        labels[1]: number for (name, labels), number in found.items() if name == "backlog" and labels[2] == "team"
    }
    assert states == {"due": 1, "later": 1, "sending": 1, "behind": 1}
    assert found["backlog", ("feishu", "paused", "off")] == 1
    assert found["oldest_due_seconds", ()] == pytest.approx(90, abs=10), "a target that is off makes nothing late"


def test_targets_tell_whether_they_work(client, target) -> None:
    Target.objects.filter(pk=target.pk).update(consecutive_failures=12, broken_since=NOW, probe_at=NOW, enabled=False)
    found = scrape(client)
    of = ("feishu", "team")
    assert found["target_enabled", of] == 0
    assert found["target_consecutive_failures", of] == 12
    assert found["target_broken", of] == found["target_probing", of] == 1
    assert ("target_last_success_seconds", of) not in found, "never is not zero seconds ago"


def test_open_threads_are_counted_by_target(client, target) -> None:
    Thread.objects.create(target=target, alert_key="a", is_open=True)
    Thread.objects.create(target=target, alert_key="b", is_open=False)
    assert scrape(client)["open_threads", ("feishu", "team")] == 1


def test_sources_tell_when_they_last_spoke_and_how_many_calls_were_refused(client) -> None:
    source = Source.objects.create(name="acme", refused_count=4)
    Source.objects.create(name="quiet")
    Inbound.objects.create(source=source, received_at=timezone.now() - timedelta(minutes=5))
    found = scrape(client)
    assert found["source_refused", ("acme",)] == 4
    assert found["source_last_inbound_seconds", ("acme",)] == pytest.approx(300, abs=10)
    assert ("source_last_inbound_seconds", ("quiet",)) not in found


def test_only_workers_with_a_fresh_heartbeat_count(client) -> None:
    now = timezone.now()
    Worker.objects.create(name="a", host="one", pid=1, engine="embedded", slots=64, in_flight=3, beat_at=now)
    Worker.objects.create(name="b", host="two", pid=1, engine="embedded", slots=64, beat_at=now - timedelta(minutes=5))
    found = scrape(client)
    assert found["workers_alive", ()] == 1
    assert found["workers", ("embedded", "one")] == 1
    assert found["worker_slots", ()] == 64
    assert found["worker_in_flight", ()] == 3
    assert found["worker_heartbeat_seconds", ()] < 10


def test_waiting_times_are_told_as_quantiles(client, target) -> None:
    now = timezone.now()
    inbound = Inbound.objects.create(received_at=now - timedelta(seconds=20))
    delivery = ended(target, "delivered", inbound=inbound, created_at=now - timedelta(seconds=10), finished_at=now)
    Attempt.objects.create(delivery=delivery, number=1, started_at=now - timedelta(seconds=6), outcome="sent")
    found = scrape(client)
    assert found["delivered_seconds", ("0.5",)] == pytest.approx(20)
    assert found["first_attempt_seconds", ("1",)] == pytest.approx(4)
    assert found["stored_seconds", ("1",)] == pytest.approx(10)


def test_no_secret_is_told(client) -> None:
    from routing.fields import Sealed

    address = Sealed.seal("https://open.feishu.cn/open-apis/bot/v2/hook/very-secret")
    Target.objects.create(name="team", kind="feishu", credentials={"webhook_url": address})  # type: ignore[misc]
    text = client.get("/metrics").content.decode()
    assert "very-secret" not in text
    assert address.token not in text


# ---- what it costs


def test_numbers_are_kept_for_a_few_seconds(client, django_assert_num_queries) -> None:
    client.get("/metrics")
    with django_assert_num_queries(0):
        client.get("/metrics")


def test_the_number_of_queries_does_not_grow_with_targets_and_sources(django_assert_max_num_queries) -> None:
    for number in range(20):
        Target.objects.create(name=f"t{number}", kind="feishu")
        Source.objects.create(name=f"s{number}")
    with django_assert_max_num_queries(27):
        read_metrics(timezone.now())
