"""The load generator, a process of its own: raw keep-alive connections, each request with a body of its own.

    python -m bench.load --url http://127.0.0.1:8000/webhooks/sentry/KEY/ --secret S --senders 8 --count 2000

By itself each sender calls again once it was answered. With `--rate` calls are due at even intervals whatever the
answers do, and their time counts from when they were due, so that a stall is not hidden. With `--fresh 1` each of them
makes a connection of its own, as Sentry does. Prints one line of JSON at
the end, which SIGTERM brings forward; `--log` keeps a line for each call: number, due and answered (nanoseconds of the
monotonic clock), HTTP status (0: the connection broke, -1: no answer until the end), and the inbound's id or 0.
"""

import argparse
import asyncio
import contextlib
import json
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench.bodies import Bodies
from bench.loopback import checked

BROKEN, UNANSWERED = 0, -1
_ID = re.compile(rb'"id":\s*"?(\d+)')
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


class Call(NamedTuple):
    """One call and its answer."""

    number: int
    due: int
    answered: int
    status: int
    inbound: int


class Sender(asyncio.Protocol):
    """One connection; it has one call under way at most."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._received = b""
        self._current: tuple[int, int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._load.connections += 1
        self._load.ready(self)

    def send(self, number: int, due: int) -> None:
        """Make a call."""
        self._current = (number, due)
        self._transport.write(self._load.request(number))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or not is_whole(head, body):
            return
        self._received = b""
        inbound = _ID.search(body)
        self._end(int(head[9:12]), int(inbound[1]) if inbound else 0)
        self._next(is_last=b"connection: close" in head.lower())

    def _next(self, *, is_last: bool) -> None:
        if is_last:
            self._transport.close()
        else:
            self._load.ready(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(BROKEN, 0)
        self._load.lost(self)

    def give_up(self) -> None:
        """Note the call under way as unanswered."""
        self._end(UNANSWERED, 0)

    def _end(self, status: int, inbound: int) -> None:
        if self._current is not None:
            self._load.calls.append(Call(*self._current, time.monotonic_ns(), status, inbound))
            self._current = None


class OneCall(Sender):
    """A connection for one call alone."""

    def __init__(self, load: "Load", number: int, due: int) -> None:
        super().__init__(load)
        self._call = (number, due)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._load.connections += 1
        self.send(*self._call)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(BROKEN, 0)
        self._load.done(self)

    def _next(self, *, is_last: bool) -> None:
        self._transport.close()


def is_whole(head: bytes, body: bytes) -> bool:
    """True when the answer has arrived to its end."""
    length = _LENGTH.search(head)
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


class Load:
    """So many calls by so many senders, or as many as fit into the time."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._host, self._port = checked(options.url)
        parts = urlsplit(options.url)
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._bodies = Bodies(
            secret=options.secret,
            series=options.series,
            issues=options.issues,
            resolve_every=options.resolve_every,
        )
        self._numbers = range(options.first, options.first + options.count)
        self._made = [self._bodies.request(one, self._path, self._port) for one in self._numbers[: options.prepared]]
        self._next = 0
        self._idle: deque[Sender] = deque()
        self._due: deque[tuple[int, int]] = deque()
        self._all: set[Sender] = set()
        self._is_over = False
        self.connections = 0
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.calls: list[Call] = []

    def request(self, number: int) -> bytes:
        """The bytes of a call."""
        place = number - self._options.first
        if place < len(self._made):
            made, self._made[place] = self._made[place], b""
            return made
        return self._bodies.request(number, self._path, self._port)

    def ready(self, sender: Sender) -> None:
        """A sender may call."""
        self._all.add(sender)
        if self._is_over:
            return
        if self._options.rate:
            self._idle.append(sender)
            self._match()
        elif self._next < self._options.count:
            self._next += 1
            sender.send(self._numbers[self._next - 1], time.monotonic_ns())
        self._check()

    def lost(self, sender: Sender) -> None:
        """A connection is gone: another one takes its place."""
        self._all.discard(sender)
        if sender in self._idle:
            self._idle.remove(sender)
        self._check()
        if not self._is_over:
            self._spawn()

    def done(self, sender: Sender) -> None:
        """A connection that was made for one call is gone."""
        self._all.discard(sender)
        self._check()

    async def run(self) -> None:
        """Call until all is answered, the time is over or SIGTERM comes."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ended.set)
        for _ in range(0 if self._options.fresh else self._options.senders):
            self._spawn()
        pacing = asyncio.ensure_future(self._pace()) if self._options.rate else None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), self._options.seconds)
        self._is_over = True
        if pacing:
            pacing.cancel()
        for sender in self._all:
            sender.give_up()
        now = time.monotonic_ns()
        self.calls += [Call(number, due, now, UNANSWERED, 0) for number, due in self._due]

    def _spawn(self) -> None:
        self._keep(self._connect())

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_over:
            try:
                await loop.create_connection(lambda: Sender(self), self._host, self._port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                return

    async def _call_once(self, number: int, due: int) -> None:
        sender = OneCall(self, number, due)
        try:
            await asyncio.get_running_loop().create_connection(lambda: sender, self._host, self._port)
        except OSError:
            self.calls.append(Call(number, due, time.monotonic_ns(), BROKEN, 0))
        else:
            self._all.add(sender)

    async def _pace(self) -> None:
        began = time.monotonic_ns()
        for place, number in enumerate(self._numbers):
            due = began + int(place * 1e9 / self._options.rate)
            await asyncio.sleep(max(0.0, (due - time.monotonic_ns()) / 1e9))
            if self._options.fresh:
                self._keep(self._call_once(number, due))
            elif self._idle or not self._options.skip_late:
                self._due.append((number, due))
                self._match()

    def _match(self) -> None:
        while self._due and self._idle:
            self._idle.popleft().send(*self._due.popleft())

    def _check(self) -> None:
        if len(self.calls) >= self._options.count:
            self._ended.set()


def summary(calls: list[Call]) -> dict[str, float]:
    """The figures of a run; times in milliseconds."""
    kept = [call for call in calls if 200 <= call.status < 300]
    took = sorted((call.answered - call.due) / 1e6 for call in kept)
    seconds = (max(call.answered for call in calls) - min(call.due for call in calls)) / 1e9 if calls else 0.0
    return {
        "calls": len(calls),
        "accepted": len(kept),
        "per_second": len(kept) / seconds if seconds else 0.0,
        "p50": took[len(took) // 2] if took else 0.0,
        "p99": took[int(len(took) * 0.99)] if took else 0.0,
        "worst": took[-1] if took else 0.0,
        "in_a_second": sum(each <= 1000 for each in took) / len(calls) if calls else 0.0,
    }


def main() -> None:
    """Run as told by the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--secret", default="bench")
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first call")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument(
        "--skip-late", type=int, default=0, help="1: with --rate, leave out calls that no sender is free for"
    )
    parser.add_argument("--fresh", type=int, default=0, help="1: with --rate, a new connection for each call")
    parser.add_argument("--series", type=int, default=0, help="keeps the bodies of several runs apart")
    parser.add_argument("--issues", type=int, default=0, help="how many issues the events belong to; 0: each its own")
    parser.add_argument("--resolve-every", type=int, default=0, help="each issue's so manieth webhook resolves it")
    parser.add_argument("--prepared", type=int, default=0, help="make so many requests before the first call")
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    load = Load(options)
    asyncio.run(load.run())
    if options.log:
        options.log.write_text("".join(" ".join(map(str, call)) + "\n" for call in load.calls))
    sys.stdout.write(json.dumps({**summary(load.calls), "connections": load.connections}) + "\n")


if __name__ == "__main__":
    main()
