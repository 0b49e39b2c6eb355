"""One supervised command: started, watched, started again when it dies."""

import os
import signal
import subprocess
from dataclasses import dataclass

import structlog

from routing.management.serving.parenthood import PARENT, die_with_parent
from routing.management.serving.readiness import hear_ready

LIVED_WELL_SECONDS = 10
"""A process that lived this long did not die of its start, so its restart is not delayed."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
FREE_RESTARTS = 2
ARENAS = "2"
"""Of the C library's memory, in a child: one for each of dozens of threads would keep what none of them uses."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run. A command that says when it is ready gets `--ready-fd N` and writes a byte there."""

    name: str
    arguments: tuple[str, ...]
    hands_down: tuple[int, ...] = ()
    says_ready: bool = False


class Process:
    """One running process of a command, in a process group of its own so that only the supervisor hears Ctrl-C."""

    def __init__(self, command: Command) -> None:
        self.name = command.name
        self.ready_fd: int | None = None
        """Readable once the process is ready or gone; None where it does not say."""
        arguments, inherited = list(command.arguments), list(command.hands_down)
        if command.says_ready:
            self.ready_fd, theirs = os.pipe()
            arguments += ["--ready-fd", str(theirs)]
            inherited.append(theirs)
        self._popen = subprocess.Popen(  # noqa: S603 - our own command
            arguments,
            stdin=subprocess.DEVNULL,
            pass_fds=inherited,
            process_group=0,
            preexec_fn=die_with_parent(),
            env={"MALLOC_ARENA_MAX": ARENAS, **os.environ, PARENT: str(os.getpid())},
        )
        if command.says_ready:
            os.close(theirs)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._popen.poll()

    def hear_ready(self) -> bool:
        """Read what `ready_fd` has to say: True for ready, False for gone. Blocks until there is something."""
        descriptor, self.ready_fd = self.ready_fd, None
        return descriptor is not None and hear_ready(descriptor)

    def stop_listening(self) -> None:
        """Hear nothing more of its being ready."""
        if self.ready_fd is not None:
            os.close(self.ready_fd)
        self.ready_fd = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        self._popen.send_signal(number)


class Adopted:
    """A process that was started before this one became its supervisor; it ends by itself."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.pid = pid
        self._exit_code: int | None = None

    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        if self._exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._exit_code = os.waitstatus_to_exitcode(status) if pid else None
        return self._exit_code

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        if self.exit_code() is None:
            os.kill(self.pid, number)


def restart_pause(early_deaths: int) -> float:
    """Seconds to wait before the next start, by how often in a row a command died soon after its start."""
    if early_deaths <= FREE_RESTARTS:
        return 0.0
    return min(FIRST_PAUSE * 2.0 ** (early_deaths - FREE_RESTARTS - 1), LONGEST_PAUSE)


class Child:
    """A command that is kept running. Times are seconds of the monotonic clock."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.process: Process | None = None
        self._started_at = 0.0
        self._due_at = 0.0
        self._early_deaths = 0

    def tend(self, now: float) -> None:
        """Note a death, and start the command when it is due."""
        if self.process is not None and (code := self.process.exit_code()) is not None:
            self.process.stop_listening()
            self._note_end(code, now)
        if self.process is None and now >= self._due_at:
            self.adopt(Process(self.command), now)

    def adopt(self, process: Process, now: float) -> None:
        """Take a running process as this child's."""
        self.process = process
        self._started_at = now

    def seconds_until_due(self, now: float) -> float | None:
        """How long until `tend` has something to start; None while it runs."""
        return None if self.process is not None else max(0.0, self._due_at - now)

    def _note_end(self, code: int, now: float) -> None:
        self.process = None
        self._early_deaths = self._early_deaths + 1 if now - self._started_at < LIVED_WELL_SECONDS else 0
        self._due_at = now + restart_pause(self._early_deaths)
        log.warning(
            "process ended, starting it again", process=self.command.name, code=code, in_seconds=self._due_at - now
        )
