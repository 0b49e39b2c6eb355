"""Relays under test: this one, whole or in parts, and the one of the blog posts."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.bots import Bots
from bench.databases import CLIENT_SECRET, HOOK_KEY, UNLIMITED, Database, configuration
from bench.load import Call
from bench.loopback import answers, free_port, wait_until_open
from bench.processes import Process, below


class Relay:
    """`manage.py` on a database of its own, with bots for targets."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        names: Sequence[str],
        *,
        routed_to_all: bool = True,
        limits: Mapping[str, float] = UNLIMITED,
        shares: Mapping[str, str] | None = None,
        broker: str = "",
    ) -> None:
        """With a `broker`, the worker hands ids to Celery workers, of which none is started."""
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/webhooks/sentry/{HOOK_KEY}/"
        self.log = database.folder / "relay.log"
        self._environment = {
            **database.environment,
            "EGRESS_ALLOWED_HOSTS": f"127.0.0.1:{bots.port}",
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            **({"CELERY_BROKER_URL": broker} if broker else {}),
        }
        self._processes: list[Process] = []
        file = database.folder / "bench.yaml"
        file.write_text(configuration(names, bots.port, routed_to_all=routed_to_all, limits=limits, shares=shares))
        database.manage("config", "apply", str(file), EGRESS_ALLOWED_HOSTS=f"127.0.0.1:{bots.port}")

    def start_web(self) -> Process:
        """The web process alone: webhooks are accepted and decided, nothing is sent."""
        process = self._start("manage.py", "web", "--port", str(self.port))
        wait_until_open(self.port)
        return process

    def start_worker(self) -> Process:
        """One worker."""
        return self._start("manage.py", "worker")

    def start_celery(self, name: str) -> Process:
        """A Celery worker of this name, which takes ids from the broker."""
        plain = ("--without-mingle", "--without-gossip", "--loglevel", "WARNING")
        return self._start(
            "-m",
            "celery",
            "--app",
            "relay_site.celery",
            "worker",
            "--pool",
            "threads",
            "--hostname",
            f"{name}@%h",
            *plain,
        )

    def start_all(self) -> Process:
        """`manage.py up`."""
        process = self._start("manage.py", "up", "--port", str(self.port))
        self.is_serving(60)
        return process

    def is_serving(self, seconds: float) -> bool:
        """Wait until webhooks can be stored; False when they cannot in time."""
        return wait_for(lambda: answers(self.port, "/health/ready"), seconds)

    def is_working(self, seconds: float) -> bool:
        """Wait until there is a worker, which takes longer to start; False when there is none in time."""
        return wait_for(lambda: answers(self.port, "/health/worker"), seconds)

    def processes(self) -> list[int]:
        """Process ids of everything that was started and runs."""
        roots = [process.pid for process in self._processes if process.is_running]
        return [*roots, *[child for root in roots for child in below(root)]]

    def end(self) -> None:
        """End everything that was started."""
        for process in self._processes:
            process.end()
        self._processes = []

    def _start(self, *arguments: str) -> Process:
        command = [sys.executable, *arguments]
        process = Process(command, environment=self._environment, log=self.log, root=self.database.root)
        self._processes.append(process)
        return process


class BlogPostRelay:
    """The relay of the blog posts, telling the bot `blog`."""

    def __init__(self, folder: Path, bots: Bots) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/hook?feishu=http://127.0.0.1:{bots.port}/open-apis/bot/v2/hook/blog"
        uvicorn = [sys.executable, "-m", "uvicorn", "bench.blog_post_relay:app", "--port", str(self.port)]
        self._process = Process(
            [*uvicorn, "--log-level", "warning", "--no-access-log"],
            environment=dict(os.environ),
            log=folder / "blog_post_relay.log",
        )
        wait_until_open(self.port)

    def end(self) -> None:
        """End it."""
        self._process.end(2)


class Load:
    """The load generator, running."""

    def __init__(self, url: str, folder: Path, **options: float | str) -> None:
        self._log = folder / f"load-{time.monotonic_ns()}.log"
        flags = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", str(value))]
        command = [sys.executable, "-m", "bench.load", "--url", url, "--secret", CLIENT_SECRET, *flags]
        self._process = Process(
            [*command, "--log", str(self._log)], environment=dict(os.environ), log=folder / "load-errors.log"
        )
        self.calls: list[Call] = []

    def stop(self) -> None:
        """End it early."""
        os.kill(self._process.pid, signal.SIGTERM)

    def figures(self, seconds: float = 300) -> dict[str, float]:
        """What came of it, once it has ended."""
        printed = self._process.result(seconds)
        found: dict[str, float] = json.loads(printed)
        self.calls = [Call(*map(int, line.split())) for line in self._log.read_text().splitlines()]
        return found


def wait_for(is_so: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Ask again and again until it is so; False when it was not in time."""
    ends = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends:
            return False
        time.sleep(pause)
    return True
