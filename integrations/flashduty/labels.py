"""The labels of a standard event: stable names of ours first, then Sentry's tags behind a prefix."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from integrations.contract import Alert, Message
from integrations.flashduty.cleaning import cut, link_within, one_line, without_leading_markers

MAX_LABELS: Final = 50
MAX_KEY: Final = 128
MAX_VALUE: Final = 2048
"""flashduty-docs on-call/integration/alert-integration/alert-sources/standard alert; in characters."""

TAG_PREFIX: Final = "sentry_tag_"
"""Tags can be set by whoever holds a public DSN, and a label named `layer_*` would redirect the page."""

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_]")
_DIGEST_LENGTH = 8


def own_labels(message: Message, zone: ZoneInfo) -> dict[str, str]:
    """The labels under our own names, that routing in Flashduty can rely on; what is not known has no label."""
    told = _of_alert(message, message.alert, zone) if message.alert else _of_listing(message)
    cleaned = {name: value_of(value) for name, value in told.items() if value}
    return {name: value for name, value in cleaned.items() if value}


def tag_labels(tags: Mapping[str, Iterable[object]], *, count: int, size: int) -> dict[str, str]:
    """At most `count` tags in the order of their names, in at most `size` bytes of JSON; one too large is passed over."""
    labels: dict[str, str] = {}
    for name, key in _names(tags):
        value = value_of(", ".join(str(one) for one in tags[key] if one is not None))
        weight = len(json.dumps({name: value}, ensure_ascii=False).encode())
        if value and len(labels) < count and weight <= size:
            labels[name] = value
            size -= weight
    return labels


def value_of(text: str) -> str:
    """Any text as a label value."""
    return cut(without_leading_markers(one_line(text)), MAX_VALUE)


def _of_alert(message: Message, alert: Alert, zone: ZoneInfo) -> dict[str, str | None]:
    time = alert.occurred_at or message.received_at
    return {
        "source": "sentry",
        "project": alert.project_slug,
        "environment": message.environment or alert.environment,
        "level": alert.level,
        "severity": message.severity.value,
        "release": alert.release,
        "rule": alert.rule_name,
        "sentry_issue_id": alert.issue_id,
        "sentry_url": link_within(alert.link, MAX_VALUE),
        "sentry_time": time.astimezone(zone).isoformat(timespec="seconds") if time else None,
        "alert_relay_url": link_within(message.log_link, MAX_VALUE),
    }


def _of_listing(message: Message) -> dict[str, str | None]:
    listing = message.listing
    projects = [slug for slug, _ in listing.per_project] if listing else []
    return {
        "source": "alert_relay",
        "project": projects[0] if len(projects) == 1 else None,
        "severity": message.severity.value,
        "alert_relay_url": link_within(listing.link if listing else None, MAX_VALUE),
    }


def _names(tags: Mapping[str, Iterable[object]]) -> Iterator[tuple[str, str]]:
    """(label name, tag key) in the order of keys; of keys that fall together, the valid one or the first stays plain."""
    taken = {TAG_PREFIX + key for key in tags if not _NOT_IN_A_NAME.search(key)}
    for key in sorted(key for key in tags if key):
        plain = TAG_PREFIX + _NOT_IN_A_NAME.sub("_", key)
        changed = plain != TAG_PREFIX + key
        if len(plain) > MAX_KEY or (changed and plain in taken):
            digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
            plain = f"{plain[: MAX_KEY - _DIGEST_LENGTH - 1]}_{digest}"
        taken.add(plain)
        yield plain, key
