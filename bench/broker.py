"""A Redis on loopback that keeps nothing: a broker that may be lost at any time."""

import os
import shutil
from pathlib import Path

from bench.loopback import HOST, free_port, wait_until_open
from bench.processes import Process


def is_here() -> bool:
    """True when there is a Redis server to start."""
    return shutil.which("redis-server") is not None


class Broker:
    """An address, and behind it a Redis that runs or not."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._process: Process | None = None
        self.url = f"redis://{HOST}:{self._port}/0"

    def start(self) -> None:
        """Start one with nothing in it."""
        only_here = ["--bind", HOST, "--port", str(self._port), "--save", "", "--dir", str(self._folder)]
        log = self._folder / "redis.log"
        command = ["redis-server", *only_here, "--logfile", str(log)]
        self._process = Process(command, environment=dict(os.environ), log=log)
        wait_until_open(self._port)

    def kill(self) -> None:
        """kill -9: all that it holds is gone."""
        if self._process is not None:
            self._process.kill()
            self._process = None
