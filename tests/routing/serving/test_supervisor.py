"""The supervisor, with children that only sleep."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.relaying import ROOT, descendants, is_running
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")

WEB = """
import os, sys, time
from pathlib import Path
if Path(sys.argv[1], "broken").exists():
    raise SystemExit(1)
os.write(int(sys.argv[3]), b"1")
time.sleep(60)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('stubborn', flush=True); time.sleep(60)"
)
SUPERVISOR = """
import sys
from routing.management.serving import supervisor
from routing.management.serving.children import Command
from routing.management.serving.sockets import listen

folder, web, other, is_final = sys.argv[1:]
supervisor.STOP_SECONDS = 1
one = supervisor.Supervisor(
    listen("127.0.0.1", 0),
    web=Command(name="web", arguments=(sys.executable, "-c", web, folder), says_ready=True),
    others=(Command(name="other", arguments=(sys.executable, "-c", other)),),
    on_ready=lambda: print("ready", flush=True),
)
one.run(is_hangup_final=lambda: is_final == "True")
"""


class Supervised:
    """A supervisor in a process, and what it said."""

    def __init__(self, folder: Path, *, other: str = "import time; time.sleep(60)", is_final: bool = False) -> None:
        self.folder = folder
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR, str(folder), WEB, other, str(is_final)],
                cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, "VAR_DIR": str(folder)},
            )  # fmt: skip
        eventually(lambda: "ready" in self.said() and len(self.children()) == 2)

    def said(self) -> str:
        return self.log.read_text()

    def children(self) -> dict[int, str]:
        return descendants(self.process.pid)

    def web(self) -> list[int]:
        return [pid for pid, command in self.children().items() if "ready" in command]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def started() -> Iterator[list[Supervised]]:
    """Everything put into this list is ended."""
    everything: list[Supervised] = []
    yield everything
    for one in everything:
        one.process.kill()
        one.process.wait()


def test_a_new_web_process_that_does_not_start_leaves_the_old_one_serving(started: list[Supervised], tmp_path) -> None:
    started.append(one := Supervised(tmp_path))
    before = one.web()
    (tmp_path / "broken").touch()
    one.process.send_signal(signal.SIGHUP)
    eventually(lambda: "the old one goes on" in one.said())
    assert one.web() == before
    (tmp_path / "broken").unlink()
    one.process.send_signal(signal.SIGHUP)
    eventually(lambda: "has taken over" in one.said())
    eventually(lambda: len(one.web()) == 1 and one.web() != before)
    assert one.end() == 0


def test_being_ready_is_said_once_however_often_the_web_process_starts(started: list[Supervised], tmp_path) -> None:
    started.append(one := Supervised(tmp_path))
    before = one.web()
    os.kill(before[0], signal.SIGKILL)
    eventually(lambda: one.web() not in ([], before))
    one.process.send_signal(signal.SIGHUP)
    eventually(lambda: "has taken over" in one.said())
    assert one.end() == 0
    assert one.said().splitlines().count("ready") == 1


def test_a_child_that_does_not_stop_in_time_is_killed(started: list[Supervised], tmp_path) -> None:
    started.append(one := Supervised(tmp_path, other=STUBBORN))
    eventually(lambda: "stubborn" in one.said())
    children = one.children()
    assert one.end() == 0
    assert "did not end in time" in one.said()
    assert not any(map(is_running, children))


def test_a_terminal_that_goes_away_ends_everything(started: list[Supervised], tmp_path) -> None:
    started.append(one := Supervised(tmp_path, is_final=True))
    one.process.send_signal(signal.SIGHUP)
    assert one.process.wait(20) == 0
