"""The sink as a benchmark sees it: its process, its faults, and what it was told."""

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench.loopback import HOST
from bench.processes import Process


class Seen(NamedTuple):
    """One message as a bot got it; `moment` in nanoseconds of the monotonic clock, `total` what a digest says it holds."""

    moment: int
    bot: str
    is_accepted: bool
    number: int
    total: int


class Bots:
    """A sink of its own process."""

    def __init__(self, folder: Path, *, seed: int = 0) -> None:
        self._process = Process(
            [sys.executable, "-m", "bench.sink", "--seed", str(seed)],
            environment=dict(os.environ),
            log=folder / "sink.log",
        )
        self.port = int(self._process.first_line())
        self._seen: list[Seen] = []

    def fault(self, bot: str = "*", mode: str = "ok", **more: Any) -> None:
        """Change how a bot, or every other bot, answers."""
        self._ask("POST", "/_/fault", json.dumps({"bot": bot, "mode": mode, **more}).encode())

    def seen(self) -> list[Seen]:
        """Every message so far, in the order of its arrival."""
        for line in self._ask("GET", f"/_/log?{len(self._seen)}").decode().splitlines():
            moment, bot, is_accepted, number, total = line.split()
            self._seen.append(Seen(int(moment), bot, is_accepted == "1", int(number), int(total)))
        return self._seen

    def until(self, count: int, seconds: float, pause: float = 0.05) -> bool:
        """Wait until so many messages were accepted; False when they were not in time."""
        ends = time.monotonic() + seconds
        while sum(seen.is_accepted for seen in self.seen()) < count:
            if time.monotonic() > ends:
                return False
            time.sleep(pause)
        return True

    def end(self) -> None:
        """End the process."""
        self._process.end()

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        with socket.create_connection((HOST, self.port), timeout=20) as connection:
            head = f"{method} {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            connection.sendall(head + body)
            reader = connection.makefile("rb")
            length = 0
            while (line := reader.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            return reader.read(length)
