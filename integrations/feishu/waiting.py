"""How long the other side asks us to wait."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_GATEWAY = "x-ogw-ratelimit-reset"
"""Seconds until the gateway's limit is lifted (Feishu's page on frequency control)."""

_LONGEST = 86_400.0
"""An absurd number stays a number; the caller caps it to what makes sense."""


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """The longest wait that the answer's headers ask for, in seconds, or None; never raises.

    A date in `Retry-After` counts from the answer's own `Date`, and is ignored without one.
    """
    waits = (
        _seconds(headers.get("retry-after")),
        _until(headers.get("retry-after"), headers.get("date")),
        _seconds(headers.get(_GATEWAY)),
    )
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return min(seconds, _LONGEST) if math.isfinite(seconds) and seconds >= 0 else None


def _until(value: str | None, sent: str | None) -> float | None:
    end, start = _moment(value), _moment(sent)
    return min(max((end - start).total_seconds(), 0.0), _LONGEST) if end and start else None


def _moment(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
