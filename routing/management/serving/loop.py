"""The event loop under waitress: it asks only the connections that something happened to.

Waitress's own loop asks every open connection in every turn, so a thousand half-sent requests made each signed
webhook four times slower. Here a silent connection costs nothing until it speaks or is tidied away.
"""

import selectors
from typing import Any

from waitress import wasyncore

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Connections(dict[int, Any]):
    """The map in which waitress keeps its sockets by file descriptor, watched through one selector."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()
        self._interests: dict[int, int] = {}
        self._unsettled: set[int] = set()
        """What may have changed its mind about reading and writing since it was last asked."""

    def __setitem__(self, descriptor: int, item: Any) -> None:
        super().__setitem__(descriptor, item)
        self._unsettled.add(descriptor)

    def __delitem__(self, descriptor: int) -> None:
        super().__delitem__(descriptor)
        self._unsettled.discard(descriptor)
        if self._interests.pop(descriptor, 0):
            self._selector.unregister(descriptor)

    def unsettle(self, descriptor: int) -> None:
        """Ask this connection again in the next turn."""
        self._unsettled.add(descriptor)

    def turn(self, timeout: float) -> None:
        """Wait at most `timeout` seconds and serve what is ready."""
        asked: set[int] = set()
        while fresh := self._unsettled - asked:  # asking one may unsettle others
            asked |= fresh
            for descriptor in fresh:
                self._ask(descriptor)
        for key, events in self._selector.select(timeout):
            item = self.get(key.fd)
            if item is not None:
                self._unsettled.add(key.fd)
                _serve(item, events)

    def close(self) -> None:
        """Close every connection, and the selector."""
        for item in list(self.values()):
            item.close()
        self._selector.close()

    def _ask(self, descriptor: int) -> None:
        item = self.get(descriptor)
        if item is None:
            return
        # Asked before the interests are: a thread may finish in between, and its wake-up must find it here.
        is_settled = not (item.accepting or _is_busy(item))
        self._note_interests(descriptor, item)
        if is_settled:
            self._unsettled.discard(descriptor)

    def _note_interests(self, descriptor: int, item: Any) -> None:
        wanted = (READ if item.readable() else 0) | (WRITE if item.writable() and not item.accepting else 0)
        known = self._interests.get(descriptor, 0)
        if wanted == known:
            return
        self._interests[descriptor] = wanted
        if not known:
            self._selector.register(descriptor, wanted)
        elif not wanted:
            self._selector.unregister(descriptor)
        else:
            self._selector.modify(descriptor, wanted)


def _is_busy(item: Any) -> bool:
    """True while a thread works on the connection's request, or its answer waits to be sent."""
    return bool(getattr(item, "requests", None) or getattr(item, "total_outbufs_len", 0))


def _serve(item: Any, events: int) -> None:
    if events & READ:
        wasyncore.read(item)
    if events & WRITE:
        wasyncore.write(item)
