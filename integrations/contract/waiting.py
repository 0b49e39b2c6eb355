"""How long the other side asks us to wait: RFC 9110, 10.2.3, without a clock of ours."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 86_400.0
"""An absurd number stays a number; the caller caps it to what makes sense."""
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for, or None; never raises.

    A date counts from the answer's own `Date`, and is ignored without one.
    """
    asked = headers.get("retry-after")
    seconds = seconds_in(asked)
    return _until(asked, headers.get("date")) if seconds is None else seconds


def seconds_in(value: str | None) -> float | None:
    """A header's plain number of seconds, at most a day, or None."""
    found = _NUMBER.fullmatch((value or "").strip())
    return min(float(found[0]), _LONGEST) if found else None


def _until(value: str | None, sent: str | None) -> float | None:
    end, start = _moment(value), _moment(sent)
    return min(max((end - start).total_seconds(), 0.0), _LONGEST) if end and start else None


def _moment(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, IndexError, OverflowError):  # what the parser raises for all that is no date
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
