"""`manage.py move` from SQLite to Postgres: every value arrives as it was, and the relay goes on there."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_httpserver import HTTPServer

from tests.asking import ask
from tests.relaying import ROOT, Relay, own_database
from tests.routing.calls import KEY, sentry_call, signed
from tests.waiting import eventually

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif("not os.environ.get('DATABASE_URL', '').startswith('postgres')", reason="moves to Postgres"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
]


@pytest.fixture
def sink(httpserver: HTTPServer) -> HTTPServer:
    """Takes whatever Feishu and Flashduty take."""
    for path in ("/open-apis/bot/v2/hook/team", "/event/push/alert/standard"):
        httpserver.expect_request(path).respond_with_json({"code": 0, "msg": "ok", "request_id": "r", "data": {}})
    return httpserver


@pytest.fixture
def relay(sink: HTTPServer, tmp_path: Path) -> Iterator[Relay]:
    """A relay on SQLite; the tables of single sign-on are there, too."""
    relay = Relay(tmp_path, "")
    relay.environment |= {
        "EGRESS_ALLOWED_HOSTS": f"127.0.0.1:{sink.port}", "DJANGO_SETTINGS_MODULE": "relay_site.settings",
        "SSO_OIDC_URL": f"http://127.0.0.1:{sink.port}", "SSO_OIDC_CLIENT_ID": "relay", "SSO_OIDC_CLIENT_SECRET": "s",
    }  # fmt: skip
    try:
        relay.manage("migrate", "--verbosity", "0")
        yield relay
    finally:
        relay.destroy()


def read_out(relay: Relay, *arguments: str) -> dict[str, Any]:
    """What the relay's database holds, by the program beside this test."""
    command = [sys.executable, "-m", "tests.routing.commands.filling", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=relay.environment, check=True, stdout=subprocess.PIPE, timeout=300)
    return json.loads(ran.stdout)


def call(relay: Relay) -> dict[str, Any]:
    """The answer to a new alert."""
    headers, body = sentry_call(issue_id="999")
    path = f"/webhooks/sentry/{KEY}/"
    status, answer = ask(relay.port, path, method="POST", headers=signed(headers, body), body=body)
    assert status == 202
    return json.loads(answer)


def test_every_value_arrives_and_the_relay_goes_on(relay: Relay, sink: HTTPServer) -> None:
    before = read_out(relay, "fill", f"http://127.0.0.1:{sink.port}")
    assert [table for table, rows in before["rows"].items() if not rows] == []
    with own_database() as url:
        relay.manage("move", "--to", url)
        relay.environment["DATABASE_URL"] = url
        after = read_out(relay)
        stamp = "routing_configurationstamp"  # rises with every row of configuration that is written
        assert after["rows"].pop(stamp)[0]["number"] >= before["rows"].pop(stamp)[0]["number"]
        assert after["rows"] == before["rows"]
        assert after["numbers"] == before["numbers"]
        relay.start()
        new = call(relay)
        assert int(new["id"]) > before["numbers"]["routing_inbound"]
        with psycopg.connect(url, autocommit=True) as connection:
            count = "SELECT count(*) FROM routing_delivery WHERE status = 'delivered'"
            # what waited, what the job had left to do, and what came now
            eventually(lambda: connection.execute(count).fetchone() == (3,), 60, relay.said())
            told = connection.execute("SELECT id FROM routing_delivery ORDER BY id DESC LIMIT 2").fetchall()
        assert min(row[0] for row in told) > before["numbers"]["routing_delivery"]
        assert len(sink.log) == 3
