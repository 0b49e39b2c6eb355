"""A reverse proxy before several hosts that does what deploy/nginx says: whole requests, the next host on an error.

It stands in for nginx where there is none: a host that does not answer in time is passed over, and a call that broke
off is made again, which the relay recognises.
"""

import asyncio
import re
import threading
from collections.abc import Sequence

from bench.load import is_whole
from bench.loopback import HOST

CONNECT_SECONDS = 2.0
"""Longer than proxy_connect_timeout there, so that a busy machine is not taken for a host that is away."""
ANSWER_SECONDS = 5.0
"""proxy_read_timeout."""

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Listens on a free port, in a thread of its own, from entering to leaving."""

    def __init__(self, upstreams: Sequence[int]) -> None:
        self._upstreams = list(upstreams)
        self._turn = 0
        self._opened, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self.port = 0
        self.passed_over = 0
        """How often the first host asked did not do."""

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self._opened.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, HOST, 0, backlog=1000))
        self.port = int(server.sockets[0].getsockname()[1])
        self._opened.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            writer.write(await self._pass_on(head.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") + body))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _pass_on(self, request: bytes) -> bytes:
        self._turn += 1
        for number in range(len(self._upstreams)):
            port = self._upstreams[(self._turn + number) % len(self._upstreams)]
            try:
                return await asyncio.wait_for(_ask(port, request), ANSWER_SECONDS)
            except (OSError, TimeoutError):
                self.passed_over += 1
        return _BAD_GATEWAY


async def _ask(port: int, request: bytes) -> bytes:
    """The answer of one host; raises OSError when it breaks off, TimeoutError when nobody is there."""
    reader, writer = await asyncio.wait_for(asyncio.open_connection(HOST, port), CONNECT_SECONDS)
    try:
        writer.write(request)
        answer = await reader.read()
    finally:
        writer.close()
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found or not is_whole(head, body):
        raise ConnectionResetError
    return answer
