"""Weekly windows and time ranges as the configuration file writes them: to checked specs, and back."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.contract import Text
from routing.policy.errors import WindowError
from routing.policy.specs import WindowSpec

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days by the names that windows use, Monday first."""

_QUOTE_IT = Text('quote it: write "18:00", in quotes', '请加引号，写成 "18:00"')


def parse_window(value: object, path: str, *, default_timezone: str) -> WindowSpec | None:
    """The checked window of `{days, from, to, timezone}`; None and the empty mapping mean no window.

    Without `days` every day, without `from` and `to` the whole day. Raises WindowError, which names the place.
    """
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping):
        raise WindowError(path, Text("write {days, from, to, timezone}", "请写成 {days, from, to, timezone}"))
    for key in value:
        if key not in ("days", "from", "to", "timezone"):
            raise WindowError(
                path,
                Text(
                    f"unknown key {key!r}; known are days, from, to, timezone",
                    f"未知的键 {key!r}，可用 days、from、to、timezone",
                ),
            )
    start, end = _parse_clock(value.get("from"), f"{path}.from"), _parse_clock(value.get("to"), f"{path}.to")
    if (start is None) != (end is None):
        raise WindowError(path, Text("give both from and to, or neither", "from 和 to 请同时填写，或都不填"))
    return WindowSpec(
        days=_parse_days(value.get("days"), f"{path}.days"),
        start=start,
        end=end,
        timezone=parse_timezone(value.get("timezone") or default_timezone, f"{path}.timezone"),
    )


def window_to_json(window: WindowSpec) -> dict[str, Any]:
    """The canonical JSON of a window: `parse_window` of it gives the same spec."""
    days = {"days": [DAYS[day] for day in sorted(window.days)]}
    clock = (
        {}
        if window.start is None or window.end is None
        else {"from": f"{window.start:%H:%M}", "to": f"{window.end:%H:%M}"}
    )
    return {**days, **clock, "timezone": window.timezone}


def parse_timezone(value: object, path: str) -> str:
    """The name of a zone that this system knows; raises WindowError."""
    if isinstance(value, str) and _is_zone(value):
        return value
    raise WindowError(
        path,
        Text(
            f"unknown time zone {value!r}; write one such as Asia/Shanghai",
            f"未知的时区 {value!r}，请写成 Asia/Shanghai 这样的名称",
        ),
    )


def parse_moment(value: object, path: str) -> datetime:
    """An aware moment from ISO 8601 text with an offset (or from a datetime that has one); raises WindowError."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise WindowError(
            path,
            Text(
                'write date, time and offset in quotes, as in "2026-01-01T00:00:00+08:00"',
                '请写明日期、时间和时区偏移并加引号，例如 "2026-01-01T00:00:00+08:00"',
            ),
        )
    return moment


def parse_range(starts: object, ends: object, path: str) -> tuple[datetime, datetime]:
    """The checked `from` and `to` of a silence; raises WindowError, also where the end is not after the start."""
    start, end = parse_moment(starts, f"{path}.from"), parse_moment(ends, f"{path}.to")
    if end <= start:
        raise WindowError(f"{path}.to", Text("the end must be after the start", "结束时间必须晚于开始时间"))
    return start, end


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return name != ""


def _parse_days(value: object, path: str) -> frozenset[int]:
    if value is None:
        return frozenset(range(7))
    if not isinstance(value, list | tuple) or not value or not all(day in DAYS for day in value):
        known = ", ".join(DAYS)
        raise WindowError(path, Text(f"give a list of days out of {known}", f"请填写列表，可用：{known}"))
    return frozenset(DAYS.index(day) for day in value)


def _parse_clock(value: object, path: str) -> time | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise WindowError(path, _QUOTE_IT)
    hour, _, minute = value.partition(":")
    digits = hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit()
    if digits and len(hour) <= 2 and len(minute) == 2 and int(minute) < 60 and (int(hour) < 24 or value == "24:00"):
        return time(int(hour) % 24, int(minute))
    raise WindowError(
        path, Text(f'{value!r} is no time of day; write "18:00"', f'{value!r} 不是有效的时刻，请写成 "18:00"')
    )
