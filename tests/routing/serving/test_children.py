"""Children of the supervisor: when they are started again, and that they do not outlive it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from routing.management.serving.children import Child, Command, Process, restart_pause
from tests.waiting import eventually

DIES_AT_ONCE = Command(name="dies", arguments=(sys.executable, "-c", "raise SystemExit(3)"))
SLEEPS = Command(name="sleeps", arguments=(sys.executable, "-c", "import time; time.sleep(60)"))


@pytest.mark.parametrize(
    ("early_deaths", "seconds"), [(0, 0), (1, 0), (2, 0), (3, 0.5), (4, 1), (5, 2), (7, 8), (8, 10), (100, 10)]
)
def test_only_a_crash_loop_is_slowed_down(early_deaths: int, seconds: float) -> None:
    assert restart_pause(early_deaths) == seconds


def test_a_child_that_dies_is_started_again_at_once() -> None:
    child = Child(DIES_AT_ONCE)
    child.tend(100.0)
    first = child.process
    assert first is not None
    eventually(lambda: first.exit_code() == 3)
    child.tend(101.0)
    assert child.process is not None
    assert child.process.pid != first.pid
    eventually(lambda: child.process is not None and child.process.exit_code() == 3)


def test_a_child_that_dies_again_and_again_waits_until_it_is_due() -> None:
    child, now = Child(DIES_AT_ONCE), 100.0
    for _ in range(3):
        child.tend(now)
        eventually(lambda: child.process is not None and child.process.exit_code() is not None)
    child.tend(now)
    assert child.process is None
    assert child.seconds_until_due(now) == 0.5
    child.tend(now + 0.5)
    process = child.process
    assert process is not None
    eventually(lambda: process.exit_code() is not None)


def test_a_process_says_when_it_is_ready() -> None:
    says = "import os, sys; os.write(int(sys.argv[2]), b'1')"
    process = Process(Command(name="says", arguments=(sys.executable, "-c", says), says_ready=True))
    assert process.hear_ready()
    eventually(lambda: process.exit_code() == 0)


def test_a_process_that_ends_before_it_is_ready_is_heard_as_gone() -> None:
    process = Process(Command(name="dies", arguments=DIES_AT_ONCE.arguments, says_ready=True))
    assert not process.hear_ready()
    eventually(lambda: process.exit_code() == 3)


def test_a_child_stays_in_the_session_but_not_in_the_process_group() -> None:
    process = Process(SLEEPS)
    try:
        assert os.getsid(process.pid) == os.getsid(0)
        assert os.getpgid(process.pid) == process.pid
    finally:
        process.send(signal.SIGKILL)
        eventually(lambda: process.exit_code() is not None)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the children look for themselves, every second")
def test_a_killed_parent_takes_its_children_along() -> None:
    code = (
        "import sys; from routing.management.serving.children import Command, Process; "
        "print(Process(Command(name='x', arguments=(sys.executable, '-c', 'import time; time.sleep(60)'))).pid, flush=True); "
        "import time; time.sleep(60)"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=root) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        parent.kill()
        eventually(lambda: not Path(f"/proc/{child}").exists())
