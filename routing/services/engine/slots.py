"""Who may use how many of a worker's slots, so that a target that hangs cannot take them all.

A target begins with an eighth of the slots and earns one more with every quick answer, as TCP opens its window: a
healthy target soon uses all of them, one that hangs from the start never gets past its eighth. A send that took longer
than a second takes the earned slots back, and while most of a target's sends take that long it gets no more. On top of
the slots, an eighth is kept that a single target never gets, so that another one can always begin.
"""

from collections import defaultdict
from collections.abc import Iterable

SLOW_SECONDS = 1.0
REMEMBERED_SECONDS = 10.0
"""How long earned slots are kept without an answer: who was quick a while ago may hang by now."""

_SHARE = 8


class Slots:
    """The slots of one worker process, counted by target. Times are seconds on the monotonic clock."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.first = max(1, size // _SHARE)
        self.total = size + self.first
        self._sending: dict[int, dict[int, float]] = defaultdict(dict)
        self._earned: dict[int, tuple[int, float]] = {}
        self._used = 0

    def resize(self, total: int) -> None:
        """Have so many slots in all from now on; whoever holds one keeps it."""
        self.first = max(1, total // (_SHARE + 1))
        self.size, self.total = max(1, total - self.first), total

    @property
    def free(self) -> int:
        """How many sends may begin."""
        return max(0, self.total - self._used)

    @property
    def in_flight(self) -> int:
        """How many deliveries hold a slot: until their result is committed."""
        return self._used

    def held_by(self, target: int) -> int:
        """How many slots a target holds."""
        return len(self._sending.get(target, ()))

    def share(self, targets: Iterable[int], now: float) -> dict[int, int]:
        """Deal the free slots out to these targets, one each in turn, the first named first."""
        room = {target: self._room(target, now) for target in targets}
        dealt = dict.fromkeys(room, 0)
        left = self.free
        while left and (open_targets := [target for target in room if dealt[target] < room[target]]):
            for target in open_targets[:left]:
                dealt[target] += 1
            left -= len(open_targets[:left])
        return {target: amount for target, amount in dealt.items() if amount}

    def take(self, target: int, delivery: int, now: float) -> None:
        """A send begins."""
        self._sending[target][delivery] = now
        self._used += 1

    def give_back(self, target: int, delivery: int, now: float) -> None:
        """A send's result is committed."""
        sending = self._sending[target]
        is_quick = now - sending.pop(delivery) <= SLOW_SECONDS
        self._used -= 1
        self._earned[target] = (min(self.size, self._allowed(target, now) + 1) if is_quick else self.first, now)
        if not sending:
            del self._sending[target]

    def _room(self, target: int, now: float) -> int:
        sending = self._sending.get(target, {})
        slow = sum(now - since > SLOW_SECONDS for since in sending.values())
        allowed = self.first if slow * 2 > len(sending) else self._allowed(target, now)
        return max(0, allowed - len(sending))

    def _allowed(self, target: int, now: float) -> int:
        earned, at = self._earned.get(target, (self.first, now))
        return earned if now - at < REMEMBERED_SECONDS else self.first
