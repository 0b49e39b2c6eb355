"""Filters of the lists: a closed set of names; a wrong name or value is refused, never passed over."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from integrations.contract import Reason
from integrations.registry import DESTINATIONS
from routing.models import Delivery, DeliveryReason, DeliveryStatus, InboundReason, InboundStatus, Source, Target

Condition: TypeAlias = Callable[[str], Q | Exists]
"""From a filter's value to a condition; raises ValueError with what is possible."""

PAGING = frozenset({"cursor", "page_size", "format"})
MAX_ID = 9_223_372_036_854_775_807


def choice(column: str, known: list[str]) -> Condition:
    """One or several, by commas, of a closed set."""

    def condition(value: str) -> Q:
        values = [part.strip() for part in value.split(",")]
        if not set(values) <= set(known):
            raise ValueError(_("Use one of: %(known)s.") % {"known": ", ".join(known)})
        return Q(**{f"{column}__in": values})

    return condition


def text(column: str) -> Condition:
    """Exactly this text."""

    def condition(value: str) -> Q:
        if "\x00" in value or len(value) > 300:
            raise ValueError(_("Use plain text."))
        return Q(**{column: value})

    return condition


def named(model: type[Source] | type[Target], reference: str, column: str) -> Condition:
    """Rows of the source or target of this name: by reference, which has an index, and by the name that is kept when
    it is gone.
    """

    def condition(value: str) -> Q | Exists:
        checked = text(column)(value)
        known = list(model.objects.filter(name=value).values_list("pk", flat=True))
        return Q(**{f"{reference}__in": known}, **{column: value}) if known else checked

    return condition


def number(column: str) -> Condition:
    """Exactly this id."""

    def condition(value: str) -> Q:
        if not (value.isascii() and value.isdigit()) or int(value[:20]) > MAX_ID or len(value) > 19:
            raise ValueError(_("Use an id."))
        return Q(**{column: int(value)})

    return condition


def flag(column: str) -> Condition:
    """True or false."""

    return lambda value: Q(**{column: truth(value)})


def truth(value: str) -> bool:
    """True or false; raises ValueError."""
    if value not in ("true", "false"):
        raise ValueError(_("Use true or false."))
    return value == "true"


def moment(lookup: str) -> Condition:
    """A moment in ISO 8601; without a zone it is in the server's."""

    def condition(value: str) -> Q:
        found = _parsed(value)
        if found is None:
            raise ValueError(_("Use a time such as 2026-01-31T09:00:00+08:00."))
        return Q(**{lookup: found if timezone.is_aware(found) else timezone.make_aware(found)})

    return condition


def _parsed(value: str) -> datetime | None:
    """The moment; a plus that the URL turned into a space is a plus."""
    try:
        return parse_datetime(value.replace(" ", "+")) or parse_datetime(value) or parse_datetime(f"{value}T00:00:00")
    except ValueError:
        return None


def of_a_delivery(column: str, known: list[str] | None = None) -> Condition:
    """Inbounds of which some delivery is such."""
    inner = choice(column, known) if known is not None else text(column)

    def condition(value: str) -> Exists:
        return Exists(Delivery.objects.filter(inner(value), inbound=OuterRef("pk")))

    return condition


KINDS = sorted(DESTINATIONS)
DELIVERY_REASONS = [*DeliveryReason.values, *[reason.value for reason in Reason]]
INBOUNDS: Mapping[str, Condition] = {
    "status": choice("status", InboundStatus.values),
    "reason": choice("reason", InboundReason.values),
    "source": named(Source, "source", "source_name"),
    "project": text("project_slug"),
    "target": of_a_delivery("target_name"),
    "kind": of_a_delivery("kind", KINDS),
    "resource": text("resource"),
    "alert_key": text("alert_key"),
    "inbound": number("pk"),
    "since": moment("received_at__gte"),
    "until": moment("received_at__lt"),
}
DELIVERIES: Mapping[str, Condition] = {
    "status": choice("status", DeliveryStatus.values),
    "reason": choice("reason", DELIVERY_REASONS),
    "source": named(Source, "inbound__source", "inbound__source_name"),
    "project": text("project_slug"),
    "target": named(Target, "target", "target_name"),
    "kind": choice("kind", KINDS),
    "resource": text("inbound__resource"),
    "alert_key": text("alert_key"),
    "inbound": number("inbound_id"),
    "job": number("bulk_job_id"),
    "since": moment("created_at__gte"),
    "until": moment("created_at__lt"),
}
THREADS: Mapping[str, Condition] = {
    "open": flag("is_open"),
    "source": text("source_name"),
    "project": text("project_slug"),
    "target": text("target__name"),
    "alert_key": text("alert_key"),
    "since": moment("opened_at__gte"),
    "until": moment("opened_at__lt"),
}


def narrow(queryset: QuerySet[Any], request: Request, filters: Mapping[str, Condition]) -> QuerySet[Any]:
    """The rows that all filters of the call hold for; raises ValidationError that names each unusable filter."""
    return narrowed(queryset, asked(request), filters)


def asked(request: Request) -> dict[str, str]:
    """The filters of the call; raises ValidationError that names each one that stands there twice."""
    given = {name: values for name, values in request.query_params.lists() if name not in PAGING}
    text = _("Give it once; where it takes several values, they stand behind each other with commas.")
    if twice := {name: [text] for name, values in given.items() if len(values) > 1}:
        raise ValidationError(twice)
    return {name: values[-1] for name, values in given.items()}


def narrowed(
    queryset: QuerySet[Any], wanted: Mapping[str, str], filters: Mapping[str, Condition], *, within: str = ""
) -> QuerySet[Any]:
    """As `narrow`, for filters that were read already; errors name them `within` where they were read."""
    errors: dict[str, list[str]] = {}
    for name, value in wanted.items():
        if name not in filters:
            errors[within + name] = [_("There is no such filter. Known: %(known)s.") % {"known": ", ".join(filters)}]
            continue
        try:
            queryset = queryset.filter(filters[name](value))
        except ValueError as error:
            errors[within + name] = [str(error)]
    if errors:
        raise ValidationError(errors)
    return queryset


def parameters(filters: Mapping[str, Condition]) -> list[OpenApiParameter]:
    """The filters for the API's description."""
    described = {
        "since": "From this moment on (ISO 8601).",
        "until": "Before this moment (ISO 8601).",
        "status": "One or several, by commas.",
        "reason": "One or several, by commas.",
    }
    return [OpenApiParameter(name, str, description=described.get(name, "")) for name in filters]
