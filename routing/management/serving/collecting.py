"""Python's garbage collector in a process that serves for weeks."""

import gc

YOUNG, MIDDLE, OLD = 20_000, 10, 20
"""A webhook is thousands of objects, none of them in a ring: looking for rings every 700 of them cost more than reading it."""


def settle_in() -> None:
    """Leave what was loaded until now alone, and look for garbage less often; call it once all is imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
