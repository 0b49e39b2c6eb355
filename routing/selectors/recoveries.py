"""Which problems have been resolved, told or not."""

from collections.abc import Collection

from django.db.models import Max

from routing.models import Inbound, SentryStatus

_TOGETHER = 500


def last_recoveries(alert_keys: Collection[str]) -> dict[str, int]:
    """Alert key -> the latest inbound that resolved it, whether or not anybody was told; keys without one are left out."""
    keys = sorted(set(alert_keys))
    found: dict[str, int] = {}
    for start in range(0, len(keys), _TOGETHER):
        resolved = Inbound.objects.filter(
            alert_key__in=keys[start : start + _TOGETHER], alert__sentry_status=SentryStatus.RESOLVED
        )
        found.update(resolved.order_by().values_list("alert_key").annotate(Max("id")))
    return found
