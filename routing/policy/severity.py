"""The severity mapping: from (Sentry status, level) to what targets are told, or to nobody."""

from collections.abc import Mapping
from types import MappingProxyType

from integrations.contract import DROP, LEVELS, SentryStatus, Severity, Text
from routing.policy.errors import SeverityError
from routing.policy.specs import SeverityOrDrop

DEFAULT_MAPPING: Mapping[str, SeverityOrDrop] = MappingProxyType(
    {
        SentryStatus.CRITICAL.value: Severity.CRITICAL,
        SentryStatus.WARNING.value: Severity.WARNING,
        SentryStatus.TRIGGERED.value: Severity.WARNING,
        SentryStatus.RESOLVED.value: Severity.OK,
    }
)
"""What a new installation starts with, and what any mapping falls back to where it says nothing."""

FIRING: tuple[str, ...] = ("critical", "warning", "info", DROP)
RECOVERY: tuple[str, ...] = ("ok", DROP)


def severity_of(
    *,
    status: SentryStatus,
    level: str | None,
    default: Mapping[str, SeverityOrDrop],
    overlay: Mapping[str, SeverityOrDrop],
) -> SeverityOrDrop:
    """What an alert of this status and level becomes; total, also for unknown levels and empty mappings.

    A row for `status.level` wins over a row for `status`; of two rows with the same key, the overlay's wins.
    """
    keys = (f"{status.value}.{level.casefold()}", status.value) if level else (status.value,)
    for key in keys:
        for rows in (overlay, default):
            found = rows.get(key)
            if found is not None:
                return found
    return DEFAULT_MAPPING[status.value]


def recovery_severity(
    *, level: str | None, default: Mapping[str, SeverityOrDrop], overlay: Mapping[str, SeverityOrDrop]
) -> SeverityOrDrop:
    """What the recovery of a firing alert of this level will become: `ok` or `drop`."""
    return severity_of(status=SentryStatus.RESOLVED, level=level, default=default, overlay=overlay)


def loudness(severity: SeverityOrDrop) -> int:
    """A number that rises with urgency; `drop` is below everything that is said."""
    return -1 if severity == DROP else Severity(severity).loudness


def parse_mapping(value: object, path: str = "severity") -> Mapping[str, SeverityOrDrop]:
    """A checked mapping or overlay from JSON: keys `status` or `status.level`; None is empty.

    Raises SeverityError: resolved may only become `ok` or `drop`, and a firing status never `ok`.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise SeverityError(
            path,
            Text(
                "write status: severity, as in {triggered.fatal: critical}",
                "请写成 状态: 等级，例如 {triggered.fatal: critical}",
            ),
        )
    return {_parse_key(key, path): _parse_severity(str(key), found, path) for key, found in value.items()}


def _parse_key(key: object, path: str) -> str:
    status, dot, level = str(key).partition(".")
    statuses = tuple(each.value for each in SentryStatus)
    if not isinstance(key, str) or status not in statuses or (dot and level not in LEVELS):
        known, levels = ", ".join(statuses), ", ".join(LEVELS)
        raise SeverityError(
            f"{path}.{key}",
            Text(
                f"unknown key; use one of {known}, or one of them with a level ({levels}) as in triggered.fatal",
                f"未知的键，可用：{known}，也可加级别（{levels}），例如 triggered.fatal",
            ),
        )
    return key


def _parse_severity(key: str, value: object, path: str) -> SeverityOrDrop:
    allowed = RECOVERY if key.partition(".")[0] == SentryStatus.RESOLVED else FIRING
    if value not in allowed:
        known = ", ".join(allowed)
        raise SeverityError(
            f"{path}.{key}",
            Text(f"{value!r} is not possible here; use one of {known}", f"此处不能是 {value!r}，可用：{known}"),
        )
    return DROP if value == DROP else Severity(str(value))
