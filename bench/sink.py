"""Bots on loopback that answer as Feishu does, or fail as told, and remember what they were told.

    python -m bench.sink          prints its port

Every POST is a message for the bot that the path ends with. `POST /_/fault` with {"bot": "*", "mode": "slow", "ms":
300, "share": 0.3} makes a share of a bot's messages fail: `slow` answers late, `hang` never, `busy` with 503, `code`
with an error in a 200, `reset` cuts the connection, `html` is no answer at all; `mixed` is one of the last four by
chance. `GET /_/log?N` returns what came after the first N messages: nanoseconds of the monotonic clock, bot, 1 or 0 for
accepted or not, the number of the webhook that the message tells of, or -1 where it tells of none or of several, and how
many alerts a digest says it tells of, or 0.
"""

import argparse
import asyncio
import json
import random
import re
import struct
import sys
import time
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from bench.bodies import MARK
from bench.loopback import HOST

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_SENT = b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}'
_BUSY_CODE = b'{"code":11232,"msg":"frequency limited"}'
_DIGEST = re.compile(rb"(\d+) alerts at once")
_FAILURES = ("busy", "code", "reset", "html")


class Memory:
    """What all connections share."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.faults: dict[str, dict[str, Any]] = {}
        self.log: list[str] = []

    def fault(self, bot: str) -> dict[str, Any]:
        """How this message is to be treated."""
        fault = self.faults.get(bot) or self.faults.get("*") or {}
        if not fault or self.chance.random() >= fault.get("share", 1.0):
            return {"mode": "ok"}
        return {**fault, "mode": self.chance.choice(_FAILURES)} if fault["mode"] == "mixed" else fault

    def note(self, bot: str, body: bytes, is_accepted: bool) -> None:
        """Remember a message."""
        numbers = set(MARK.findall(body))
        number = int(numbers.pop()) if len(numbers) == 1 else -1
        digest = _DIGEST.search(body)
        total = int(digest[1]) if digest else 0
        self.log.append(f"{time.monotonic_ns()} {bot} {int(is_accepted)} {number} {total}\n")


def _answer(body: bytes, status: str = "200 OK", kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Bot(asyncio.Protocol):
    """One connection."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if found else None
        size = int(length[1]) if length else 0
        if not found or len(body) < size:
            return
        self._received = body[size:]
        path = head.split(b" ", 2)[1].decode()
        if path.startswith("/_/"):
            self._control(path, body[:size])
        else:
            self._message(path.rpartition("/")[2], body[:size])

    def _control(self, path: str, body: bytes) -> None:
        if path == "/_/fault":
            fault = json.loads(body)
            self._memory.faults[fault.pop("bot", "*")] = fault
            self._transport.write(_answer(b"{}"))
        else:
            since = int(path.partition("?")[2] or 0)
            self._transport.write(_answer("".join(self._memory.log[since:]).encode(), kind="text/plain"))

    def _message(self, bot: str, body: bytes) -> None:
        fault = self._memory.fault(bot)
        mode = fault["mode"]
        self._memory.note(bot, body, mode in ("ok", "slow"))
        if mode == "hang":
            return
        wait = fault.get("ms", 0) / 1000
        if wait:
            asyncio.get_running_loop().call_later(wait, self._finish, mode)
        else:
            self._finish(mode)

    def _finish(self, mode: str) -> None:
        if self._transport.is_closing():
            return
        if mode == "reset":
            self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        elif mode == "busy":
            self._transport.write(_answer(b"{}", "503 Service Unavailable"))
        elif mode == "code":
            self._transport.write(_answer(_BUSY_CODE))
        elif mode == "html":
            self._transport.write(_answer(b"<html>gateway</html>", kind="text/html"))
        else:
            self._transport.write(_answer(_SENT))


async def serve(port: int, seed: int) -> None:
    """Serve until the process is ended."""
    memory = Memory(seed)
    server = await asyncio.get_running_loop().create_server(lambda: Bot(memory), HOST, port, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.seed))
