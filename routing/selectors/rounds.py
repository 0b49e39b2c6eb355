"""What became of the firings of a thread's round: whether its target ever heard of the problem."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from routing.models import Delivery, DeliveryStatus, SentryStatus
from routing.policy.threads import is_untold


def untold(rounds: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the (thread id, round) pairs whose firings all ended without the target being told."""
    wanted = set(rounds)
    if not wanted:
        return set()
    ends: dict[tuple[int, int], list[str]] = defaultdict(list)
    firings = (
        Delivery.objects.filter(thread_id__in={thread for thread, _ in wanted})
        .exclude(sentry_status=SentryStatus.RESOLVED)
        .filter(~Q(status=DeliveryStatus.SUPPRESSED) | Q(summary__isnull=False))
        .values_list("thread_id", "round", "status", "summary__status")
    )
    for thread, number, status, through_summary in firings:
        ends[thread, number].append(through_summary or status)
    return {pair for pair in wanted if is_untold(ends[pair])}
