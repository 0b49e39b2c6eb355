"""When hook keys and client secrets were last used: written along with a webhook, at most once a minute each."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from routing.services.storing.prepared import Prepared
from routing.statements import Statement, moment

EVERY = timedelta(minutes=1)
_TOUCH = "UPDATE {table} SET last_used_at = %s WHERE id = %s"
_TABLES = ("routing_hookkey", "routing_clientsecret")

_touched: dict[tuple[str, int], datetime] = {}


def touches(prepared: Iterable[Prepared], now: datetime) -> list[Statement]:
    """What notes the use of keys and secrets that this process has not noted lately, in an order all writers keep."""
    used = {
        (table, row)
        for one in prepared
        for table, row in zip(_TABLES, (one.hook_key_id, one.client_secret_id), strict=True)
        if row is not None
    }
    due = sorted(each for each in used if _is_due(each, now))
    for each in due:
        _touched[each] = now
    return [Statement(_TOUCH.format(table=table), (moment(now), row)) for table, row in due]


def forget() -> None:
    """Note every use again; for tests."""
    _touched.clear()


def _is_due(each: tuple[str, int], now: datetime) -> bool:
    last = _touched.get(each)
    return last is None or abs(now - last) >= EVERY
