"""How a process learns that another one serves requests: by a byte through a pipe."""

import os
from contextlib import suppress


def say_ready(descriptor: int) -> None:
    """Tell the process that reads the other end that requests are served from now on; it may be gone."""
    with suppress(BrokenPipeError):
        os.write(descriptor, b"1")
    os.close(descriptor)


def hear_ready(descriptor: int) -> bool:
    """Wait for what the other end has to say: True for ready, False when it is gone."""
    said = os.read(descriptor, 1)
    os.close(descriptor)
    return said == b"1"
