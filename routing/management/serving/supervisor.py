"""The supervisor: web and worker under one process, restarted when they die and gone when it is gone."""

import signal
import socket
from collections.abc import Callable
from time import monotonic

import structlog

from routing.management.serving.awaiting import Signals
from routing.management.serving.children import Adopted, Child, Command, Process

STOP_SECONDS = 13
"""How long children may finish what they have begun; the whole ends within 15."""
RENEWAL_SECONDS = 60
TAIL_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Supervisor:
    """Runs `web` on the listening socket, and `others`; ends what it `adopted`, too.

    `web` says when it is ready; `on_ready` is called for the first time that it does.
    """

    def __init__(
        self,
        listening: socket.socket,
        *,
        web: Command,
        others: tuple[Command, ...],
        on_ready: Callable[[], None] | None = None,
        adopted: tuple[Adopted, ...] = (),
    ) -> None:
        self._listening = listening
        self._web = Child(web)
        self._others = [Child(command) for command in others]
        self._on_ready = on_ready
        self._renewal: Process | None = None
        self._renewal_until = 0.0
        self._passing: list[Process | Adopted] = [*adopted]
        """Processes that end by themselves: replaced and adopted ones."""

    def run(self, *, is_hangup_final: Callable[[], bool] = lambda: False) -> None:
        """Supervise until SIGTERM or SIGINT; SIGHUP renews the web process, or ends all when its terminal is gone."""
        with Signals() as signals:
            while True:
                self._tend()
                numbers, readable = signals.wait(self._patience(), self._ready_descriptors())
                self._hear(readable)
                if numbers & {signal.SIGTERM, signal.SIGINT} or (signal.SIGHUP in numbers and is_hangup_final()):
                    return self._stop(signals)
                if signal.SIGHUP in numbers:
                    self._renew()

    # ---- the steady state

    def _tend(self) -> None:
        now = monotonic()
        for child in self._children():
            child.tend(now)
        self._passing = [process for process in self._passing if process.exit_code() is None]
        if self._renewal is not None and now > self._renewal_until:
            self._give_up_renewal("not ready in time")

    def _patience(self) -> float | None:
        now = monotonic()
        waits = [child.seconds_until_due(now) for child in self._children()]
        waits.append(max(0.0, self._renewal_until - now) if self._renewal else None)
        return min((wait for wait in waits if wait is not None), default=None)

    def _children(self) -> list[Child]:
        return [self._web, *self._others]

    def _ready_descriptors(self) -> list[int]:
        processes = [self._web.process, self._renewal]
        return [process.ready_fd for process in processes if process and process.ready_fd is not None]

    def _hear(self, readable: set[int]) -> None:
        first, renewal = self._web.process, self._renewal
        if renewal is not None and renewal.ready_fd in readable:
            self._switch(renewal) if renewal.hear_ready() else self._give_up_renewal("it ended at its start")
        if first is not None and first.ready_fd in readable and first.hear_ready() and self._on_ready is not None:
            on_ready, self._on_ready = self._on_ready, None
            on_ready()

    # ---- a new web process beside the old one, on the same socket

    def _renew(self) -> None:
        if self._renewal is None:
            self._renewal = Process(self._web.command)
            self._renewal_until = monotonic() + RENEWAL_SECONDS
            log.info("starting a new web process beside the old one")

    def _switch(self, renewal: Process) -> None:
        old = self._web.process
        self._renewal = None
        self._web.adopt(renewal, monotonic())
        if old is not None:
            old.send(signal.SIGTERM)
            self._passing.append(old)
        for child in self._others:
            if child.process is not None:
                child.process.send(signal.SIGTERM)
        log.info("the new web process has taken over")

    def _give_up_renewal(self, why: str) -> None:
        if self._renewal is not None:
            self._renewal.stop_listening()
            self._renewal.send(signal.SIGKILL)
            self._passing.append(self._renewal)
        self._renewal = None
        log.error("the new web process did not start, the old one goes on", why=why)

    # ---- the end

    def _stop(self, signals: Signals) -> None:
        self._listening.close()  # whoever calls from now on is refused at once and may ask another host
        until = monotonic() + STOP_SECONDS
        current = [child.process for child in self._children()] + [self._renewal]
        processes = [*self._passing, *(process for process in current if process is not None)]
        for process in processes:
            process.send(signal.SIGTERM)
        while _running(processes) and monotonic() < until:
            numbers, _ = signals.wait(until - monotonic())
            if numbers & {signal.SIGINT, signal.SIGTERM}:
                break
        for process in _running(processes):
            log.warning("process did not end in time, killing it", process=process.name)
            process.send(signal.SIGKILL)
        until = monotonic() + TAIL_SECONDS
        while _running(processes) and monotonic() < until:
            signals.wait(until - monotonic())


def _running(processes: list[Process | Adopted]) -> list[Process | Adopted]:
    return [process for process in processes if process.exit_code() is None]
