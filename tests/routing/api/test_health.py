"""What load balancers and alarms are told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from routing.models import Delivery, Inbound, Target, Worker
from routing.services.ingest import readiness

pytestmark = pytest.mark.django_db


def test_a_living_process_says_so_without_the_database(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/health/live").json() == {"status": "ok"}


def test_machines_ask_by_address_and_are_answered(client: Client) -> None:
    assert client.get("/health/live", headers={"host": "10.1.2.3:8000"}).status_code == 200


def test_a_relay_that_can_store_is_ready_and_stores_nothing_to_say_so(client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]
    assert not Inbound.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a server looks after its own disk")
def test_a_full_disk_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "DISK_RESERVE", 2**62)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["reason"]) == (503, "disk")


@pytest.mark.in_time
def test_a_database_that_takes_nothing_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE routing_inbound RENAME TO away")
        answer = client.get("/health/ready")
        if connection.vendor == "sqlite":
            cursor.execute("ALTER TABLE away RENAME TO routing_inbound")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "reason": "database"})


def test_without_a_worker_the_alarm_rings(client: Client) -> None:
    answer = client.get("/health/worker")
    assert answer.status_code == 503
    assert answer.json() == {"status": "stale", "workers": 0, "heartbeat_age": None, "waiting": 0, "backlog_age": None}


@pytest.mark.parametrize(("seconds", "status", "word"), [(1, 200, "ok"), (60, 503, "stale")])
def test_a_worker_is_known_by_its_heartbeat(client: Client, seconds: int, status: int, word: str) -> None:
    beat = timezone.now() - timedelta(seconds=seconds)
    Worker.objects.create(name="w", host="h", pid=1, engine="embedded", beat_at=beat)
    answer = client.get("/health/worker")
    assert (answer.status_code, answer.json()["status"]) == (status, word)
    assert answer.json()["heartbeat_age"] == pytest.approx(seconds, abs=5)


def test_a_worker_that_does_not_get_through_is_late(client: Client) -> None:
    Worker.objects.create(name="w", host="h", pid=1, engine="embedded")
    target = Target.objects.create(name="duty", kind="feishu")
    due = timezone.now() - timedelta(minutes=10)
    Delivery.objects.create(target=target, target_name="duty", kind="feishu", severity="warning", due_at=due)
    answer = client.get("/health/worker")
    assert (answer.status_code, answer.json()["status"], answer.json()["waiting"]) == (503, "late", 1)
    assert answer.json()["backlog_age"] == pytest.approx(600, abs=30)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/worker"])
def test_health_is_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
