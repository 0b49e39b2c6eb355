"""The API cookbook, read as a script: every command, in both languages, against a relay on a loopback socket."""

import io
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from integrations.sentry.samples import build
from routing.management.serving.sockets import listen
from routing.management.serving.web import Web
from routing.models import BulkJob, ClientSecret, Delivery, DeliveryStatus, Rule, Silence, Source, Target, Thread
from tests.routing.api.rows import delivery, inbound
from tests.routing.calls import BOT, make_rule, make_target

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq"),
]
DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = ["api-cookbook.md", "api-cookbook.zh-CN.md"]


def commands(page: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def relay() -> Iterator[str]:
    """The address of a whole application behind its web server."""
    listening = listen("127.0.0.1", 0)
    web = Web(get_wsgi_application(), listening.dup(), max_body_bytes=1024 * 1024)
    thread = threading.Thread(target=web.run)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    web.stop()
    thread.join(20)
    listening.close()


def token() -> str:
    """As the page has it made."""
    page = (DOCS / PAGES[0]).read_text(encoding="utf-8")
    words = re.search(r"manage.py (create_token .*)\)", page)
    assert words
    said = io.StringIO()
    call_command(*words[1].split(), stdout=said)
    return said.getvalue().strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the script runs, with the files that it names."""
    _headers, body = build(
        "event_alert.triggered", project="payments-eu", environment="production", level="error", issue_id="1",
        event_id="0" * 32, title="boom", now=inbound().received_at,
    )  # fmt: skip
    (tmp_path / "payload.json").write_bytes(body)
    (tmp_path / "rules.json").write_text(json.dumps([{"name": "payments", "targets": ["payments-feishu"]}]))
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_a_script_that_does_what_it_says(page, relay, folder):
    make_rule("everything else", make_target("ops"))
    dead = make_target("payments-feishu")
    delivery(inbound(7), target=dead, target_name=dead.name, status=DeliveryStatus.DEAD, reason="rejected")
    Thread.objects.update(opened_at=datetime.now(UTC) - timedelta(days=8))
    script = "set -euo pipefail\n" + "\n".join(commands(page))
    environment = {
        "PATH": os.environ["PATH"], "RELAY": relay, "TOKEN": token(), "BOT_URL": BOT + "payments",
        "CLIENT_SECRET": "s-first", "NEW_CLIENT_SECRET": "s-second", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
    silence = Silence.objects.get(name="deploy-web")
    assert silence.ends_at is not None
    assert silence.starts_at is not None
    assert (silence.ends_at - silence.starts_at).total_seconds() < 120
    secrets = [(row.secret.open(), row.retired_at is None) for row in ClientSecret.objects.order_by("id")]
    assert secrets == [("s-first", False), ("s-second", True)]
    assert Source.objects.get(name="acme-web").hook_keys.count() == 1
    assert [*Rule.objects.order_by("position").values_list("name", flat=True)] == ["payments", "everything else"]
    assert Target.objects.get(name="payments-feishu").settings()["webhook_url"] == BOT + "payments"
    assert Delivery.objects.filter(is_test=True).count() == 1
    job = BulkJob.objects.get()
    assert (job.name, job.total, job.status) == ("after the outage", 1, "cancelled")
    assert Thread.objects.get().is_open is False
    assert '"payments-feishu"' in ran.stdout
    assert "alert_relay_backlog" in ran.stdout


def test_both_languages_have_the_same_commands():
    assert commands(PAGES[0]) == commands(PAGES[1])
    assert len(commands(PAGES[0])) == 16
