"""What the engine's tests share: a clock that is moved by hand, a bot on loopback, and an engine that is turned by hand."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from integrations.http import Door
from routing.models import Target
from routing.services.delivering import deliver, open_door
from routing.services.engine.chores import Chores
from routing.services.engine.dispatching import Dispatcher
from routing.services.setup import targets


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class Bots:
    """Bots and integrations on loopback: what each was told, and what it answers."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.calls: list[tuple[str, str]] = []
        self.answers: dict[str, list[Callable[[], Response]]] = {}
        server.expect_request(re.compile("/.*"), method="POST").respond_with_handler(self._answer)

    def url(self, name: str) -> str:
        return self.server.url_for(f"/open-apis/bot/v2/hook/{name:-<16}")

    def will(self, name: str, *answers: Callable[[], Response]) -> None:
        """Answer the next calls so; after these, as a healthy bot."""
        self.answers.setdefault(name, []).extend(answers)

    def told(self, name: str) -> list[str]:
        return [body for bot, body in self.calls if bot == name]

    def _answer(self, request: Request) -> Response:
        name = request.path.rpartition("/")[2].rstrip("-")
        self.calls.append((name, request.get_data(as_text=True)))
        waiting = self.answers.get(name)
        return waiting.pop(0)() if waiting else ok()


def answer(status: int = 200, headers: dict[str, str] | None = None, **body: object) -> Callable[[], Response]:
    return lambda: Response(json.dumps(body), status, headers, content_type="application/json")


def ok() -> Response:
    return answer(code=0, msg="success", data={})()


FAILING = answer(500, code=99999)
BAD_SIGNATURE = answer(code=19021, msg="sign match fail or timestamp is not within one hour from current time")


class Turner:
    """The engine, turned by hand: every turn claims, sends for real and settles."""

    def __init__(self, clock: Clock, door: Door, *, slots: int = 8, key: str = "engine") -> None:
        self.clock = clock
        self.dispatcher = Dispatcher(
            slots=slots, send=partial(deliver, door=door, clock=clock), key=key, clock=clock, jitter=lambda: 0.0
        )
        self.chores = Chores(clock=clock, wake=lambda: None)

    def turn(self, *, seconds: float = 5) -> int:
        """Claim what is due, wait for all of it, settle; returns how many attempts that made."""
        self.dispatcher.claim()
        attempts = self.dispatcher.slots.in_flight
        self.dispatcher.drain(seconds)
        return attempts

    def work(self) -> int:
        """Turn until nothing is due."""
        attempts = 0
        while made := self.turn():
            attempts += made
        return attempts


@pytest.fixture(scope="session")
def make_httpserver() -> Iterator[HTTPServer]:
    """One that can be in several conversations at a time."""
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bots(httpserver: HTTPServer, settings) -> Bots:
    settings.EGRESS_ALLOWED_HOSTS = [f"{httpserver.host}:{httpserver.port}"]
    return Bots(httpserver)


@pytest.fixture
def door(bots: Bots) -> Iterator[Door]:
    opened = open_door(16)
    yield opened
    opened.close()


@pytest.fixture
def make_turner(clock: Clock, door: Door) -> Iterator[Callable[..., Turner]]:
    made: list[Turner] = []

    def make(**kwargs: object) -> Turner:
        made.append(Turner(clock, door, **kwargs))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for turner in made:
        turner.dispatcher.close()


@pytest.fixture
def turner(make_turner: Callable[..., Turner]) -> Turner:
    return make_turner()


@pytest.fixture
def make_target(bots: Bots) -> Callable[..., Target]:
    def make(name: str = "team", *, limits: tuple[float, float] = (0, 0), **columns: object) -> Target:
        target = Target(name=name, kind="feishu", **columns)
        per_second, per_minute = limits
        targets.assign(
            target,
            {"webhook_url": bots.url(name), "limits": {"per_second": per_second, "per_minute": per_minute}},
        )
        target.save()
        return target

    return make


@pytest.fixture
def team(make_target: Callable[..., Target]) -> Target:
    return make_target("team")
