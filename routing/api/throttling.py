"""How often one token may call."""

from collections import deque
from threading import Lock
from time import monotonic
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from routing.models import ApiToken

PER_SECOND = 400
"""Calls of one token that one process answers in any second: above the 200 that are promised for it."""


class TokenThrottle(BaseThrottle):
    """A sliding second for each token, in the memory of this process: nothing is written for a call."""

    _lock = Lock()
    _calls: dict[int, deque[float]] = {}

    def allow_request(self, request: Request, view: Any) -> bool:
        """False, and so 429, for a token that calls more often."""
        if not isinstance(request.auth, ApiToken):
            return True
        now = monotonic()
        with self._lock:
            calls = self._calls.setdefault(request.auth.pk, deque())
            while calls and calls[0] <= now - 1:
                calls.popleft()
            if len(calls) >= PER_SECOND:
                return False
            calls.append(now)
        return True

    def wait(self) -> float:
        """Seconds until another call is worth a try."""
        return 1.0
