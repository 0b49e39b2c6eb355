"""A bot on loopback for benchmarks: answers after a given time, and tells on stdout when each message came.

    python bench/bot.py --latency-ms 50

Prints its port, then one line for each message: nanoseconds of the monotonic clock and the name of the bot.
Bots whose name begins with `hang` never answer.
"""

import argparse
import asyncio
import sys
import time

ANSWER = b'{"code":0,"msg":"success","data":{}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)


class Bot(asyncio.Protocol):
    """One connection. Requests carry a Content-Length; there is one at a time."""

    latency = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        if len(body) < length:
            return
        self.received = b""
        name = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
        sys.stdout.write(f"{time.monotonic_ns()} {name}\n")
        if not name.startswith("hang"):
            asyncio.get_running_loop().call_later(self.latency, self.transport.write, HEAD + ANSWER)


async def serve(latency_ms: float) -> None:
    """Serve until the process is ended."""
    Bot.latency = latency_ms / 1000
    server = await asyncio.get_running_loop().create_server(Bot, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    while True:
        await asyncio.sleep(0.01)
        sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=0)
    asyncio.run(serve(parser.parse_args().latency_ms))
