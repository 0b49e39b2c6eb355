"""What an act on many would do with each row of a list: take it ("" as its fate), or leave it out, and why."""

from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from routing.models import Delivery, DeliveryStatus, Inbound, InboundBody, InboundStatus, MessageType, SentryStatus

TOLD = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.DELIVERED)
"""Where a delivery stands of which its target has heard, or is about to."""

DECIDABLE = (InboundStatus.MALFORMED, InboundStatus.FAILED, InboundStatus.UNROUTED)
"""What deciding again may change: it told nobody."""


def of_resending(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Deliveries that are to be sent to their own targets again."""
    sent_again = Exists(Delivery.objects.filter(resend_of=OuterRef("pk"), status__in=TOLD))
    return _with_fate(
        rows,
        ("unfinished", Q(finished_at__isnull=True)),
        ("target_gone", Q(target__isnull=True)),
        ("target_disabled", Q(target__enabled=False)),
        ("sent_again", sent_again),
    )


def of_deciding_again(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Deliveries whose alerts are to be told to whom the rules name now."""
    return _with_fate(
        rows,
        ("unfinished", Q(finished_at__isnull=True)),
        ("no_alert", ~Q(message_type=MessageType.ALERT) | Q(inbound__isnull=True) | Q(inbound__alert__isnull=True)),
        ("recovery", Q(sentry_status=SentryStatus.RESOLVED)),
    )


def of_cancelling(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Deliveries that are to be cancelled."""
    return _with_fate(rows, ("not_waiting", ~Q(status=DeliveryStatus.PENDING)))


def of_reprocessing(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Webhooks that are to be decided again."""
    body = InboundBody.objects.filter(inbound=OuterRef("pk"))
    return _with_fate(rows, ("decided", ~Q(status__in=DECIDABLE)), ("body_gone", ~Exists(body)))


def of_replaying(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Refused calls that are to be handed to the receiver again."""
    return _with_fate(rows, ("replayed", Q(replayed_at__isnull=False)))


def told_targets(inbounds: "list[int]") -> set[tuple[int, int]]:
    """The pairs of inbound and target of which the target has heard, or is about to."""
    told = Delivery.objects.filter(inbound__in=inbounds, status__in=TOLD, target__isnull=False)
    return set(told.values_list("inbound_id", "target_id"))


def inbounds_to_decide(ids: "list[int]") -> "list[Inbound]":
    """Webhooks with what deciding them again needs, in order."""
    columns = ("source_name", "alert", "flags", "is_test")
    return list(Inbound.objects.filter(pk__in=ids, alert__isnull=False).only(*columns).order_by("id"))


def _with_fate(rows: "QuerySet[Any]", *fates: "tuple[str, Q | Exists | Any]") -> "QuerySet[Any]":
    cases = [When(condition, then=Value(code)) for code, condition in fates]
    bare = rows.select_related(None).prefetch_related(None).order_by()
    fated: QuerySet[Any] = bare.annotate(fate=Case(*cases, default=Value(""), output_field=CharField()))
    return fated
