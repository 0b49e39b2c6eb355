"""What `manage.py up` becomes once everything is up to date: the supervisor alone, in a process without Django.

It lives as long as the relay does, and Django, which it does not need, took a third of the memory of all of it.
"""

import argparse
import sys
import termios
from collections.abc import Callable, Sequence

from relay_site.logs import logging_config
from routing.management.serving.children import Adopted, Command
from routing.management.serving.readiness import say_ready
from routing.management.serving.sockets import adopt
from routing.management.serving.supervisor import Supervisor


def main(arguments: Sequence[str]) -> None:
    """Supervise web and worker on the socket that was handed over, until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True, help="the socket")
    parser.add_argument("--manage", required=True, help="where manage.py is")
    parser.add_argument("--log-format", required=True)
    parser.add_argument("--ready", required=True, help="what to say once requests are served")
    parser.add_argument("--waiting", type=int, nargs=2, metavar=("PID", "FD"), help="a child that waits for that")
    options = parser.parse_args(arguments)
    logging_config(options.log_format)
    listening = adopt(options.fd)
    listening.set_inheritable(False)  # handed down to the web process alone

    def manage(*arguments: str, hands_down: tuple[int, ...] = (), says_ready: bool = False) -> Command:
        command = (sys.executable, options.manage, *arguments)
        return Command(name=arguments[0], arguments=command, hands_down=hands_down, says_ready=says_ready)

    def on_ready() -> None:
        sys.stderr.write(options.ready + "\n")
        sys.stderr.flush()
        if options.waiting:
            say_ready(options.waiting[1])

    supervisor = Supervisor(
        listening,
        web=manage("web", "--fd", str(options.fd), hands_down=(options.fd,), says_ready=True),
        others=(manage("worker"),),
        on_ready=on_ready,
        adopted=(Adopted("demo", options.waiting[0]),) if options.waiting else (),
    )
    supervisor.run(is_hangup_final=_terminal_watch())


def _terminal_watch() -> Callable[[], bool]:
    """Tells a terminal that went away from a request to renew: both come as SIGHUP."""
    if not sys.stdin or not sys.stdin.isatty():
        return lambda: False
    terminal = sys.stdin.fileno()

    def is_gone() -> bool:
        try:
            termios.tcgetattr(terminal)
        except termios.error:
            return True
        return False

    return is_gone


if __name__ == "__main__":
    main(sys.argv[1:])
