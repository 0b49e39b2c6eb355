"""Processes that benchmarks start, what they use, and how they end."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_TICK = os.sysconf("SC_CLK_TCK")


class Process:
    """A process in a session of its own, with all that it starts. Its output goes to `log`."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], log: Path, root: Path = ROOT) -> None:
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                cwd=root,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
                text=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """False once it ended."""
        return self._popen.poll() is None

    def renew(self) -> None:
        """SIGHUP: `manage.py up` replaces what it runs."""
        os.kill(self.pid, signal.SIGHUP)

    def first_line(self) -> str:
        """The first line that it prints; "" when it ends without one."""
        assert self._popen.stdout
        return self._popen.stdout.readline().strip()

    def result(self, seconds: float) -> str:
        """What it printed until it ended; raises subprocess.TimeoutExpired."""
        return self._popen.communicate(timeout=seconds)[0]

    def end(self, seconds: float = 15) -> None:
        """SIGTERM, and SIGKILL for whatever is left after so long."""
        if self.is_running:
            self._popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """kill -9 for it and everything below it."""
        for pid in [*below(self.pid), self.pid]:
            kill(pid)
        self._popen.wait()
        if self._popen.stdout:
            self._popen.stdout.close()


def kill(pid: int) -> None:
    """kill -9; nothing happens when it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _parents() -> dict[int, int]:
    found: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    return found


def below(pid: int, word: str = "") -> list[int]:
    """Process ids of everything below a process, those with this word among their arguments."""
    parents = _parents()
    found: list[int] = []
    for child in [pid]:
        level = [one for one, parent in parents.items() if parent == child]
        for one in level:
            found += [one, *below(one)]
    return [one for one in found if not word or word in _arguments(one)]


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


def memory_mb(pids: Sequence[int]) -> float:
    """Memory of processes, with what they share counted once among them (proportional set size)."""
    kb = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kb += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kb / 1024


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time that processes have used so far."""
    used = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used += int(fields[11]) + int(fields[12])
    return used / _TICK
