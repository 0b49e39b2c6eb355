"""Every way in which the other side fails has a defined end on the delivery: status, reason, and the next try."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integrations import http
from integrations.egress import EgressPolicy
from integrations.http import Door
from routing.models import Attempt, Target
from routing.policy.progress import UNCERTAIN
from routing.services import delivering
from routing.services.setup import targets
from tests.integrations.certificates import Authority
from tests.integrations.door import resolving, trust
from tests.integrations.fault_server import (
    Behaviour,
    Call,
    FaultServer,
    answers,
    closed_port,
    full_backlog,
    hangs_after,
    replies,
)
from tests.routing.services.engine.conftest import Turner
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db
IMPATIENT = 0.5
"""Seconds in which an attempt must be over where the other side lets it wait; ten in real life, as everywhere else."""

SENT = b'{"code":0,"msg":"success"}'
OK = b"HTTP/1.1 200 OK\r\n"
PATHS = {
    "feishu": ("webhook_url", "/open-apis/bot/v2/hook/failing---------"),
    "flashduty": ("push_url", "/event/push/alert/standard?integration_key=key0123456789"),
}
FAILED_IN_GERMAN = "läuft nicht".encode("latin-1")

End = tuple[str, str, float | None]
"""Status and reason of the delivery, and in how many seconds it is tried again; None for never."""


def again(reason: str, seconds: float = 1) -> End:
    return ("pending", reason, seconds)


def dead(reason: str) -> End:
    return ("dead", reason, None)


DELIVERED: End = ("delivered", "", None)


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[str]:
    with FaultServer(behaviour) as server:
        yield f"http://127.0.0.1:{server.port}"


@contextmanager
def wrongly_certified(folder: Path) -> Iterator[str]:
    """A server whose certificate is for somebody else."""
    with FaultServer(answers(SENT), tls=Authority(folder).server("other.test")) as server:
        yield f"https://bot.test:{server.port}"


@contextmanager
def at(port: AbstractContextManager[int]) -> Iterator[str]:
    with port as number:
        yield f"http://127.0.0.1:{number}"


def floods(head: bytes) -> Behaviour:
    def behave(call: Call) -> None:
        call.read_request()
        call.sock.sendall(OK + head)
        call.flood(b"x" * 65536)

    return behave


def drips(head: bytes) -> Behaviour:
    def behave(call: Call) -> None:
        call.read_request()
        call.sock.sendall(head)
        call.drip(b"x" * 1000)

    return behave


def resets(call: Call) -> None:
    call.read_request()
    call.reset()


def busy(headers: str) -> Behaviour:
    return answers(b"{}", "429 Too Many Requests", headers)


@dataclass(frozen=True)
class Case:
    """A failure, and how a delivery ends for each kind of target."""

    name: str
    place: Callable[[Path], AbstractContextManager[str]]
    feishu: End
    flashduty: End
    patience: float = http.DEADLINE


def case(name: str, behaviour: Behaviour, feishu: End, flashduty: End | None = None) -> Case:
    return Case(name, lambda folder: serving(behaviour), feishu, flashduty or feishu)


def endless_wait(name: str, behaviour: Behaviour) -> Case:
    return Case(name, lambda folder: serving(behaviour), again("timeout"), again("timeout"), IMPATIENT)


DATED = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nRetry-After: Thu, 01 Jan 2026 00:01:30 GMT\r\n"
BOMB = gzip.compress(b"\0" * 50_000_000, mtime=0)
UNREADABLE = (again("unreadable_answer"), dead("unreadable_answer"))
"""Feishu may not have taken it, so it is said again; Flashduty's own client takes such an answer for final."""

CASES = [
    Case("connect refused", lambda folder: at(closed_port()), again("connect_failed"), again("connect_failed")),
    Case(
        "hang at connect",
        lambda folder: at(full_backlog()),
        again("connect_failed"),
        again("connect_failed"),
        patience=IMPATIENT,
    ),
    Case("unknown name", lambda folder: nullcontext("http://gone.test:80"), again("dns_failed"), again("dns_failed")),
    Case("wrong certificate", wrongly_certified, again("tls_failed"), again("tls_failed")),
    endless_wait("hang before the head", hangs_after()),
    endless_wait("hang in the head", hangs_after(OK + b"Content-")),
    endless_wait("hang in the body", hangs_after(OK + b'Content-Length: 26\r\n\r\n{"code":')),
    endless_wait("drip in the head", drips(OK + b"X-Header: ")),
    endless_wait("drip in the body", drips(OK + b"Content-Length: 1000\r\n\r\n")),
    case("reset", resets, again("connection_lost")),
    case("hang up", replies(), again("connection_lost")),
    case("cut off", replies(OK + b"Content-Length: 26\r\n\r\n" + SENT[:10]), again("connection_lost")),
    case("no HTTP", replies(b"SSH-2.0-OpenSSH_9.6\r\n"), again("unreadable_answer")),
    case("moved for good", answers(SENT, "301 Moved", "Location: http://127.0.0.1:1/\r\n"), dead("redirected")),
    case("moved for now", answers(SENT, "307 Moved", "Location: http://127.0.0.1:1/\r\n"), dead("redirected")),
    case("400", answers(b"{}", "400 Bad Request"), dead("refused"), dead("content_refused")),
    case("401", answers(b"{}", "401 Unauthorized"), dead("bad_address")),
    case("404", answers(b"{}", "404 Not Found"), dead("bad_address")),
    case("408", answers(b"{}", "408 Request Timeout"), again("timeout"), again("server_error")),
    case("413", answers(b"{}", "413 Content Too Large"), again("too_large", 0)),
    case("418", answers(b"{}", "418 I'm a teapot"), dead("refused")),
    case("429", busy(""), again("rate_limited")),
    case("429 for seconds", busy("Retry-After: 7\r\n"), again("rate_limited", 7)),
    case("429 until a date", busy(DATED), again("rate_limited", 90)),
    case("429 for ages", busy("Retry-After: 99999999999\r\n"), again("rate_limited", 3600)),
    case("429 for less than nothing", busy("Retry-After: -5\r\n"), again("rate_limited")),
    case("429 for nonsense", busy("Retry-After: soon\r\n"), again("rate_limited")),
    case("500", answers(b"{}", "500 Internal Server Error"), again("server_error")),
    case("502", answers(b"<html>", "502 Bad Gateway"), again("server_error")),
    case("503 for seconds", answers(b"{}", "503 Unavailable", "Retry-After: 40\r\n"), again("server_error", 40)),
    case("504", answers(b"", "504 Gateway Timeout"), again("server_error")),
    case(
        "Feishu's refusal in a 200",
        answers(b'{"code":19021,"msg":"sign match fail"}'),
        dead("bad_signature"),
        DELIVERED,
    ),
    case("Feishu's limit in a 200", answers(b'{"code":11232,"msg":"limited"}'), again("rate_limited"), DELIVERED),
    case(
        "Flashduty's refusal in a 200",
        answers(b'{"error":{"code":"InvalidParameter","message":"title"}}'),
        again("unreadable_answer"),
        dead("content_refused"),
    ),
    case(
        "Flashduty's limit in a 200",
        answers(b'{"error":{"code":"RequestTooFrequently","message":""}}'),
        again("unreadable_answer"),
        again("rate_limited"),
    ),
    case("HTML in a 200", answers(b"<html>Welcome</html>"), *UNREADABLE),
    case("nothing in a 200", answers(b""), again("unreadable_answer"), DELIVERED),
    case("half of a JSON text in a 200", answers(SENT[:15]), *UNREADABLE),
    case("huge", floods(b"Content-Length: 104857600\r\n\r\n"), *UNREADABLE),
    case("endless", floods(b"\r\n"), *UNREADABLE),
    case("a bomb", answers(BOMB, headers="Content-Encoding: gzip\r\n"), *UNREADABLE),
    case("no UTF-8", answers(b'{"code":0,"msg":"' + FAILED_IN_GERMAN + b'"}'), *UNREADABLE),
]


@pytest.fixture
def door(settings) -> Iterator[Door]:
    """One that knows names of ours."""
    settings.EGRESS_ALLOWED_HOSTS = ["127.0.0.1", "bot.test", "gone.test"]
    opened = Door(
        EgressPolicy.parse(settings.EGRESS_ALLOWED_HOSTS),
        slots=4,
        resolver=resolving({"bot.test": ["127.0.0.1"]}),
        trust=trust(),
    )
    yield opened
    opened.close()


def a_target(kind: str, place: str) -> Target:
    target = Target(name="failing", kind=kind)
    setting, path = PATHS[kind]
    values: dict[str, Any] = {setting: place + path, "limits": {"per_second": 0, "per_minute": 0}}
    targets.assign(target, values)
    target.save()
    return target


def test_an_attempt_takes_ten_seconds_at_most():
    assert http.DEADLINE == delivering.DEADLINE == 10


@pytest.mark.parametrize("kind", ["feishu", "flashduty"])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_failure_has_its_end(case, kind, door, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(delivering, "DEADLINE", case.patience)
    turner = Turner(clock, door)
    with case.place(tmp_path) as place:
        delivery = store(a_target(kind, place), now=clock())
        assert turner.turn() == 1
    turner.dispatcher.close()
    delivery.refresh_from_db()
    status, reason, seconds = getattr(case, kind)
    due_at = None if seconds is None else clock() + timedelta(seconds=seconds)
    assert (delivery.status, delivery.reason, delivery.due_at) == (status, reason, due_at)
    assert delivery.maybe_duplicate is (status == "pending" and reason in UNCERTAIN)
    attempt = Attempt.objects.get(delivery=delivery)
    assert attempt.reason == reason
    assert attempt.duration_ms < 10_000
