"""A child that has all that its parent has loaded, and waits until requests are served."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NamedTuple

from routing.management.serving.parenthood import die_with_parent
from routing.management.serving.readiness import hear_ready


class Waiting(NamedTuple):
    """A child that waits, and the descriptor by which it is told that it need not any more: see `say_ready`."""

    pid: int
    tells: int


def fork(job: Callable[[], None]) -> Waiting:
    """Have a child do a job once it is told that requests are served. It does nothing when whoever could tell it ends.

    The caller must have no threads and no connections, since a child would share them.
    """
    hears, tells = os.pipe()
    arrange = die_with_parent()
    pid = os.fork()
    if pid:
        os.close(hears)
        os.set_inheritable(tells, True)
        return Waiting(pid, tells)
    code = 1
    try:
        os.close(tells)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor, which ends this one
        if arrange is not None:
            arrange()
        if hear_ready(hears):
            job()
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
