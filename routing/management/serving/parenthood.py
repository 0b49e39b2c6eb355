"""Children that do not outlive the supervisor, however it ends."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PARENT = "RELAY_PARENT_PID"
"""The environment variable that names the supervisor to its children."""
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None] | None:
    """What a child does between fork and exec so that the kernel kills it with its parent (Linux; None elsewhere).

    The order of the kernel survives exec; a parent that died before it was given is noticed here (man 2 prctl).
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def is_orphan() -> bool:
    """True in a supervised process whose supervisor is gone; for systems where the kernel does not tell."""
    parent = os.environ.get(PARENT, "")
    return bool(parent) and os.getppid() != int(parent)
