"""`manage.py up` as a whole: real processes, real signals, real sockets."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from tests.asking import ask, head, parsed, read_all
from tests.relaying import ROOT, Relay, Sentry, descendants, is_running, own_database
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
HALF = b"POST /webhooks/sentry/x/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc"


def may_listen_on(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def shown(relay: Relay) -> str:
    """What is said from a start with the demo until that was shown."""
    relay.start("--demo")
    eventually(lambda: "The chat: " in relay.said() or "Not everything" in relay.said(), 60)
    return relay.said()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay with the demo, which has been shown."""
    with own_database() as url:
        relay = Relay(tmp_path_factory.mktemp("relay"), url)
        try:
            relay.first_words = shown(relay)
            yield relay
        finally:
            relay.destroy()


@pytest.fixture
def relay(installed: Relay) -> Relay:
    """The relay, running."""
    if not is_running(installed.pid):
        installed.start()
    return installed


@pytest.fixture(scope="module")
def sentry(installed: Relay) -> Sentry:
    return Sentry(installed)


def test_from_an_empty_database_to_a_delivered_alert(installed: Relay) -> None:
    words = installed.first_words
    assert words.count("Sign in as admin with the password") == 1
    assert "delivered → demo-feishu" in words
    assert "delivered → demo-flashduty" in words
    assert f"http://127.0.0.1:{installed.port}/admin/routing/inbound/" in words


def test_every_start_with_the_demo_shows_it(relay: Relay) -> None:
    relay.end()
    words = shown(relay)
    assert "Sign in as" not in words
    assert "delivered → demo-feishu" in words
    assert "delivered → demo-flashduty" in words


def test_there_is_one_process_each_and_only_one_is_a_worker(relay: Relay) -> None:
    eventually(lambda: len(descendants(relay.pid)) == 2)
    commands = list(descendants(relay.pid).values())
    assert sum("worker" in command for command in commands) == 1
    eventually(lambda: ask(relay.port, "/health/worker")[0] == 200)


def test_a_killed_worker_is_back_at_once_and_delivers(relay: Relay, sentry: Sentry) -> None:
    before = relay.child("worker")
    os.kill(before, signal.SIGKILL)
    status, _ = sentry.call()
    assert status == 202
    eventually(lambda: relay.children("worker") not in ([], [before]))
    eventually(lambda: ask(relay.port, "/health/worker")[1].count(b'"waiting": 0') == 1, 30)


def test_calls_wait_for_a_killed_web_process_and_none_is_refused(relay: Relay, sentry: Sentry) -> None:
    before = relay.child(" web ")
    os.kill(before, signal.SIGKILL)
    assert sentry.call()[0] == 202
    assert relay.children(" web ") != [before]


def test_a_renewal_refuses_nothing(relay: Relay, sentry: Sentry) -> None:
    web, worker, done = relay.child(" web "), relay.child("worker"), Event()
    answers: list[int] = []

    def keep_calling() -> None:
        while not done.is_set():
            answers.append(sentry.call()[0])

    with ThreadPoolExecutor(3) as pool:
        callers = [pool.submit(keep_calling) for _ in range(3)]
        try:
            relay.signal(signal.SIGHUP)
            eventually(lambda: web not in relay.children(" web ") and relay.children(" web "), 60)
            eventually(lambda: worker not in relay.children("worker") and relay.children("worker"), 60)
        finally:
            done.set()
        for caller in callers:
            caller.result(30)
    assert len(answers) > 5
    assert set(answers) == {202}


def test_half_sent_requests_cost_a_signed_webhook_nothing(relay: Relay, sentry: Sentry) -> None:
    held = [socket.create_connection(("127.0.0.1", relay.port), timeout=10) for _ in range(1000)]
    try:
        for sock in held:
            sock.sendall(HALF)
        took = []
        for _ in range(11):
            started = monotonic()
            assert sentry.call()[0] == 202
            took.append(monotonic() - started)
        assert sorted(took)[5] < 0.5, took
    finally:
        for sock in held:
            sock.close()


def test_a_chunked_webhook_is_read(relay: Relay, sentry: Sentry) -> None:
    headers, body = sentry.signed()
    with socket.create_connection(("127.0.0.1", relay.port), timeout=20) as sock:
        sock.sendall(head("POST", sentry.path, {**headers, "Transfer-Encoding": "chunked"}))
        for start in range(0, len(body), 1000):
            part = body[start : start + 1000]
            sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        sock.sendall(b"0\r\n\r\n")
        assert parsed(read_all(sock))[0] == 202


def test_a_webhook_that_is_too_large_is_told_so_by_us(relay: Relay, sentry: Sentry) -> None:
    headers, _ = sentry.signed()
    status, body = ask(relay.port, sentry.path, method="POST", headers=headers, body=b"x" * (9 * 1024 * 1024))
    assert status == 413
    assert body.startswith(b"{")


def test_a_taken_port_is_said_in_one_line(relay: Relay) -> None:
    second = relay.spawn("--port", str(relay.port))
    assert second.wait(60) == 1
    assert f"127.0.0.1:{relay.port} is already in use" in relay.said()
    assert "Traceback" not in relay.said()


def test_without_a_place_for_static_files_the_start_ends_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "admin").write_text("no folder")
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": "", "LANGUAGE_CODE": "en"}
    command = [sys.executable, "manage.py", "up", "--port", "0"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stderr.rstrip().endswith(f"The static files could not be laid out in {tmp_path / 'static'}.")


def test_killing_the_supervisor_leaves_nothing_behind(relay: Relay) -> None:
    relay.child("worker")
    children, port = relay.children(), relay.port
    relay.signal(signal.SIGKILL)
    eventually(lambda: not is_running(relay.pid))
    eventually(lambda: not any(map(is_running, children)))
    eventually(lambda: may_listen_on(port))


def test_the_end_is_orderly_and_soon(relay: Relay, sentry: Sentry) -> None:
    relay.child("worker")
    children = relay.children()
    assert sentry.call()[0] == 202
    started = monotonic()
    assert relay.end() == 0
    assert monotonic() - started < 15
    assert not any(map(is_running, children))


def test_two_hosts_may_start_at_once_on_an_empty_database(tmp_path: Path) -> None:
    with own_database() as url:
        first, second = Relay(tmp_path, url), Relay(tmp_path, url)
        second.log = tmp_path / "second"
        try:
            with ThreadPoolExecutor(2) as pool:
                for started in [pool.submit(one.start) for one in (first, second)]:
                    started.result(90)
            assert [ask(one.port, "/health/ready")[0] for one in (first, second)] == [200, 200]
            assert "Traceback" not in first.said() + second.said()
            assert [one.end() for one in (first, second)] == [0, 0]
        finally:
            first.destroy()
            second.destroy()
