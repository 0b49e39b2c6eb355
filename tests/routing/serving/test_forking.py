"""A child of `up` that waits until requests are served, and the supervisor that it is left to."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.relaying import ROOT, is_running
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")

WEB = "import os, sys, time; {before}; os.write(int(sys.argv[2]), b'1'); time.sleep(60)"
READY, NEVER = WEB.format(before="pass"), WEB.format(before="time.sleep(60)")
SUPERVISOR = """
import os, sys, time
from routing.management.serving.children import Adopted, Command
from routing.management.serving.forking import fork
from routing.management.serving.readiness import say_ready
from routing.management.serving.sockets import listen
from routing.management.serving.supervisor import Supervisor

web, seconds = sys.argv[1:]
def job():
    print("told", flush=True)
    time.sleep(float(seconds))
    print("done", flush=True)
child = fork(job)
print("child", child.pid, flush=True)
if seconds == "dead":
    os.kill(child.pid, 9)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
Supervisor(
    listen("127.0.0.1", 0),
    web=Command(name="web", arguments=(sys.executable, "-c", web), says_ready=True),
    others=(),
    on_ready=lambda: (say_ready(child.tells), print("served", flush=True)),
    adopted=(Adopted("child", child.pid),),
).run()
"""


class Forked:
    """A supervisor with such a child, and what they said."""

    def __init__(self, folder: Path, *, web: str, seconds: float | str) -> None:
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR, web, str(seconds)],
                cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        eventually(lambda: "child" in self.said())
        self.child = int(self.said().split()[1])

    def said(self) -> str:
        return self.log.read_text()


@pytest.fixture
def started() -> Iterator[list[Forked]]:
    """Everything put into this list is ended."""
    everything: list[Forked] = []
    yield everything
    for one in everything:
        one.process.kill()
        one.process.wait()


def test_it_does_its_job_once_requests_are_served_and_is_buried(started: list[Forked], tmp_path: Path) -> None:
    started.append(one := Forked(tmp_path, web=READY, seconds=0))
    eventually(lambda: "done" in one.said())
    eventually(lambda: not Path(f"/proc/{one.child}").exists())


def test_a_supervisor_whose_child_died_early_goes_on(started: list[Forked], tmp_path: Path) -> None:
    started.append(one := Forked(tmp_path, web=READY, seconds="dead"))
    eventually(lambda: "served" in one.said())
    assert one.process.poll() is None


def test_it_waits_while_nothing_is_served_and_ends_with_the_supervisor(started: list[Forked], tmp_path: Path) -> None:
    started.append(one := Forked(tmp_path, web=NEVER, seconds=0))
    one.process.send_signal(signal.SIGKILL)
    eventually(lambda: not is_running(one.child))
    assert "told" not in one.said()


def test_an_orderly_end_ends_it_too(started: list[Forked], tmp_path: Path) -> None:
    started.append(one := Forked(tmp_path, web=READY, seconds=60))
    eventually(lambda: "told" in one.said())
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(20) == 0
    assert not is_running(one.child)
    assert "done" not in one.said()
