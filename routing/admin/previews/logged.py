"""Previews of what is logged: GET only, they change nothing."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone

from integrations.contract import Message, Severity
from integrations.registry import DESTINATIONS
from routing.admin.previews.pages import PREFIX, Previewing, chosen_severity, wants_simple
from routing.admin.wording import worded
from routing.models import Delivery, Inbound, Target
from routing.models import Severity as Severities
from routing.services.previews.messages import message_of_delivery, message_of_inbound
from routing.services.previews.rendering import preview, settings_of, wishes_for


class Wish(NamedTuple):
    """One choice of a kind, as a select."""

    name: str
    label: str
    chosen: str
    choices: list[tuple[str, str]]


class LogPreviewing(Previewing):
    """The page about what is logged; GET only, it changes nothing."""

    def log_page(
        self, request: HttpRequest, *, of: Any, message: Message | None, target: Target | None, **context: Any
    ) -> HttpResponse:
        """What a target would be told, by the choices in the address."""
        if not request.user.has_perm("routing.view_target"):
            raise PermissionDenied
        shown, wishes, is_simple = [], [], wants_simple(request.GET)
        if target is not None and message is not None and target.kind in DESTINATIONS:
            settings = settings_of(target)
            wishes = list(_wishes(target.kind, settings, request.GET))
            chosen = {wish.name.removeprefix(PREFIX): wish.chosen for wish in wishes}
            made = preview(message, target.kind, settings, now=timezone.now(), wishes=chosen, is_simple=is_simple)
            shown = [self.shown(str(target), message.severity, made)]
        return self.preview_page(
            request, of=of, shown=shown, wishes=wishes, is_simple=is_simple, is_log=True, target=target, **context
        )


class InboundPreviewing(LogPreviewing):
    """From the page of a webhook: any target, any severity."""

    def get_urls(self) -> list[URLPattern]:
        """The page before the stock ones."""
        view, stock = self.admin_site.admin_view(self.preview_view), super().get_urls()  # type: ignore[misc]
        return [path("<int:inbound_id>/preview/", view, name="routing_inbound_preview"), *stock]

    def preview_view(self, request: HttpRequest, inbound_id: int) -> HttpResponse:
        """What a target would be told of this webhook."""
        admin_of: Any = self
        inbound = get_object_or_404(Inbound, pk=inbound_id)
        if not admin_of.has_view_permission(request, inbound):
            raise PermissionDenied
        targets = list(Target.objects.filter(kind__in=list(DESTINATIONS)))
        told = inbound.deliveries.exclude(target=None).order_by("id").first()
        target = _chosen(targets, request.GET.get("target", ""), told.target if told else None)
        severity = chosen_severity(request.GET, _usual_severity(inbound, target))
        return self.log_page(
            request,
            of=inbound,
            message=message_of_inbound(inbound, severity),
            target=target,
            targets=targets,
            severity=severity,
            severities=[(each.value, Severities(each.value).label) for each in Severity],
        )


class DeliveryPreviewing(LogPreviewing):
    """From the page of a delivery: what it says, to the target that it is for."""

    def get_urls(self) -> list[URLPattern]:
        """The page before the stock ones."""
        view, stock = self.admin_site.admin_view(self.preview_view), super().get_urls()  # type: ignore[misc]
        return [path("<int:delivery_id>/preview/", view, name="routing_delivery_preview"), *stock]

    def preview_view(self, request: HttpRequest, delivery_id: int) -> HttpResponse:
        """What this delivery says."""
        admin_of: Any = self
        delivery = get_object_or_404(Delivery.objects.select_related("target"), pk=delivery_id)
        if not admin_of.has_view_permission(request, delivery):
            raise PermissionDenied
        return self.log_page(request, of=delivery, message=message_of_delivery(delivery), target=delivery.target)


def _wishes(kind: str, settings: Mapping[str, Any], given: QueryDict) -> Iterable[Wish]:
    """The choices of a kind: as the address asks, else as the target has it."""
    for field in wishes_for(kind):
        name, known = f"{PREFIX}{field.name}", dict(field.choices)
        chosen = next((value for value in (given.get(name), settings.get(field.name)) if value in known), field.default)
        yield Wish(name, worded(field.label), chosen, [(value, worded(label)) for value, label in field.choices])


def _usual_severity(inbound: Inbound, target: Target | None) -> Severity:
    """The one that the target was told in, else the one that the status usually has."""
    delivery = inbound.deliveries.filter(target=target).order_by("id").first() if target else None
    if delivery is not None and delivery.severity in set(Severity):
        return Severity(delivery.severity)
    is_resolved = (inbound.alert or {}).get("sentry_status") == "resolved"
    return Severity.OK if is_resolved else Severity.WARNING


def _chosen(targets: list[Target], asked: str, usual: Target | None) -> Target | None:
    by_id = {str(target.pk): target for target in targets}
    return by_id.get(asked) or usual or (targets[0] if targets else None)
