"""A whole relay in processes of its own: `manage.py up` on a database of its own."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.utils import timezone

from integrations.sentry.samples import build
from integrations.sentry.signature import sign
from tests.asking import ask
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent


def descendants(pid: int) -> dict[int, str]:
    """Process id -> command line of everything below a process."""
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
        if parent == pid and command:
            found |= {int(folder.name): command, **descendants(int(folder.name))}
    return found


def is_running(pid: int) -> bool:
    """False once it is gone, or only waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Relay:
    """Starts, watches and ends `manage.py up`; what it says is in `log`. Without `shows_pages` no static files are laid out."""

    def __init__(self, folder: Path, database_url: str, *, shows_pages: bool = False) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PUBLIC_URL"}},
            **({"DATABASE_URL": database_url} if database_url else {}),
            "VAR_DIR": str(folder),
            "LANGUAGE_CODE": "en",
        }
        if not shows_pages:
            static = folder / "static" / "staticfiles.json"  # laid out, as it were
            static.parent.mkdir(exist_ok=True)
            static.write_text('{"version": "1.1", "paths": {}, "hash": ""}')
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.first_words = ""

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        assert self.process is not None
        return self.process.pid

    def start(self, *arguments: str) -> None:
        """Start it on a free port, and wait until it says that it is ready."""
        if self.process is not None:
            self.process.wait(10)
        self.process = self.spawn("--port", "0", *arguments)
        eventually(lambda: self._address() or not is_running(self.pid), 60, "not ready in time")
        assert self._address(), self.said()
        self.port = urlsplit(self._address()).port or 0

    def spawn(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Another `up` on the same database."""
        self.log.write_text("")
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", "up", *arguments],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        """What was printed since the last start."""
        return self.log.read_text()

    def signal(self, number: signal.Signals) -> None:
        """To the supervisor."""
        os.kill(self.pid, number)

    def _address(self) -> str:
        lines = [line for line in self.said().splitlines() if line.startswith("Alert Relay is ready: ")]
        return lines[0].split(": ")[1] if lines else ""

    def children(self, word: str = "") -> list[int]:
        """Process ids below the supervisor with this word in their command line."""
        return [pid for pid, command in descendants(self.pid).items() if word in command]

    def child(self, word: str) -> int:
        """The one child with this word in its command line, as soon as there is one."""
        eventually(lambda: self.children(word), why=f"no {word}")
        return self.children(word)[0]

    def end(self, seconds: float = 20) -> int:
        """SIGTERM; returns the exit code."""
        assert self.process is not None
        self.signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def destroy(self) -> None:
        """Whatever happened, leave nothing running."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    def manage(self, *arguments: str) -> str:
        """What another command prints on stdout; fails when it fails."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, timeout=300
        ).stdout.decode()


class Sentry:
    """Calls the relay's demo source as Sentry would."""

    def __init__(self, relay: Relay) -> None:
        code = (
            "import json; from routing.models import Source; s = Source.objects.get(name='demo-acme'); "
            "print(json.dumps([s.hook_keys.get().key.open(), s.client_secrets.get().secret.open()]))"
        )
        key, self.secret = json.loads(relay.manage("shell", "--no-imports", "-c", code).splitlines()[-1])
        self.relay = relay
        self.path = f"/webhooks/sentry/{key}/"

    def signed(self) -> tuple[dict[str, str], bytes]:
        """Headers and body of a new alert."""
        headers, body = build(
            "event_alert.triggered", project="web", environment="production", level="error",
            issue_id=str(secrets.randbelow(10**12)), event_id=secrets.token_hex(16), title="boom", now=timezone.now(),
        )  # fmt: skip
        return {**headers, "sentry-hook-signature": sign(body, self.secret)}, body

    def call(self, seconds: float = 20) -> tuple[int, bytes]:
        """Send a new alert; (status, body) of the answer."""
        headers, body = self.signed()
        return ask(self.relay.port, self.path, method="POST", headers=headers, body=body, seconds=seconds)


@contextmanager
def own_database(encoding: str = "UTF8") -> Iterator[str]:
    """The URL of an empty database beside the one that the tests run on; "" for an SQLite file of its own."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield ""
        return
    name = f"relay_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        made = f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        connection.execute(made.encode())
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
