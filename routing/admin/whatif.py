"""What would change, in the admin: from the form of a rule or silence before it is saved, and for what is saved."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from routing.models import DeliveryReason, Rule, Severity, Silence
from routing.policy.conditions import parse_when
from routing.policy.differing import Kept, Moved
from routing.policy.specs import SilenceSpec
from routing.policy.window_json import parse_window
from routing.selectors.recent import Seen
from routing.services.whatif.answers import LOG, Answer, TargetAnswer
from routing.services.whatif.asking import MOST, USUAL, what_if_rule, what_if_saved
from routing.services.whatif.catching import what_silence_catches

LISTED = 50
"""Webhooks that a list shows; its heading counts them all."""

RECENT = "what-if-recent"
"""The field beside the button: how many webhooks to ask about."""


class Line(NamedTuple):
    """One webhook with what happens to it."""

    seen: Seen
    words: Any


class Listing(NamedTuple):
    """The webhooks of one sort."""

    code: str
    heading: Any
    total: int
    lines: list[Line]


class TargetLine(NamedTuple):
    """One target with what changes for it."""

    answer: TargetAnswer
    listings: list[Listing]


class Asking:
    """What the admins of rules and silences share: an unsaved form, checked as if it were to be saved."""

    admin_site: Any
    opts: Any

    def checked(self, request: HttpRequest, obj: Any) -> ModelForm:
        """The posted form with its errors; raises PermissionDenied to those who could not save it, or see the log."""
        admin: Any = self
        may = admin.has_add_permission(request) if obj is None else admin.has_change_permission(request, obj)
        if request.method != "POST" or not may:
            raise PermissionDenied
        self.check_log_permission(request)
        fields = flatten_fieldsets(admin.get_fieldsets(request, obj))
        form = admin.get_form(request, obj, change=obj is not None, fields=fields)
        checked: ModelForm = form(request.POST, instance=obj)
        checked.is_valid()
        return checked

    def check_log_permission(self, request: HttpRequest) -> None:
        """Raise PermissionDenied to those who may not see received webhooks."""
        if not request.user.has_perm("routing.view_inbound"):
            raise PermissionDenied

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        """A page of the answer."""
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "listed": LISTED}
        return TemplateResponse(request, f"admin/routing/whatif/{template}.html", {**shared, **context})

    def refused(self, request: HttpRequest, form: ModelForm, title: Any) -> HttpResponse:
        """What is wrong with the form."""
        errors = [
            (form.fields[name].label if name in form.fields else "", texts) for name, texts in form.errors.items()
        ]
        return self.page(request, "refused", title=title, errors=errors)


class RuleAsking(Asking):
    """The button of the rule form, and the page about the saved rules."""

    def get_urls(self) -> list[URLPattern]:
        """The pages before the stock ones."""
        view, stock = self.admin_site.admin_view, super().get_urls()  # type: ignore[misc]
        return [
            path("what-if/", view(self.what_if_view), name="routing_rule_what_if"),
            path("<int:rule_id>/what-if/", view(self.what_if_rule_view), name="routing_rule_what_if_edited"),
            *stock,
        ]

    def what_if_view(self, request: HttpRequest) -> HttpResponse:
        """GET: the saved rules beside the log. POST: a new rule beside the saved rules."""
        if request.method == "POST":
            return self._edited(request, None)
        admin: Any = self
        if not admin.has_view_permission(request):
            raise PermissionDenied
        self.check_log_permission(request)
        return self._answer(request, what_if_saved(last=_last(request.GET.get("recent"))))

    def what_if_rule_view(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        """An edited rule beside the saved rules (POST only)."""
        return self._edited(request, get_object_or_404(Rule, pk=rule_id))

    def _edited(self, request: HttpRequest, rule: Rule | None) -> HttpResponse:
        form = self.checked(request, rule)
        if form.errors:
            return self.refused(request, form, _("What would change?"))
        return self._answer(
            request, what_if_rule(item_of(form.cleaned_data), rule=rule, last=_last(request.POST.get(RECENT)))
        )

    def _answer(self, request: HttpRequest, answer: Answer) -> HttpResponse:
        return self.page(
            request,
            "rules",
            title=_("What would change?"),
            answer=answer,
            is_log=answer.compared_with == LOG,
            targets=[TargetLine(target, list(_listings(answer, target))) for target in answer.targets],
            newly_unrouted=_lines(answer, answer.newly_unrouted),
            most=MOST,
        )


class SilenceAsking(Asking):
    """The button of the silence form."""

    def get_urls(self) -> list[URLPattern]:
        """The pages before the stock ones."""
        view, stock = self.admin_site.admin_view, super().get_urls()  # type: ignore[misc]
        return [
            path("what-if/", view(self.what_if_view), name="routing_silence_what_if"),
            path("<int:silence_id>/what-if/", view(self.what_if_view), name="routing_silence_what_if_edited"),
            *stock,
        ]

    def what_if_view(self, request: HttpRequest, silence_id: int | None = None) -> HttpResponse:
        """What the silence of the form would have caught (POST only)."""
        title = _("What would this silence have caught?")
        form = self.checked(request, silence_id and get_object_or_404(Silence, pk=silence_id))
        if form.errors:
            return self.refused(request, form, title)
        catch = what_silence_catches(_spec(form.cleaned_data))
        return self.page(
            request,
            "silence",
            title=title,
            catch=catch,
            caught=catch.caught[:LISTED],
            is_weekly=form.cleaned_data["weekly"],
        )


def _last(given: str | None) -> int:
    return min(max(int(given), 1), MOST) if given and given.isdecimal() else USUAL


def item_of(data: dict[str, Any]) -> dict[str, Any]:
    """The form in the words of the configuration file."""
    kept = {name: data[name] for name in ("name", "enabled", "project", "when", "severity", "repeat_minutes", "active")}
    return {
        **kept,
        "source": data["source"].name if data["source"] else None,
        "targets": sorted(target.name for target in data["targets"]),
        "continue": data["continues"],
    }


def _spec(data: dict[str, Any]) -> SilenceSpec:
    return SilenceSpec(
        id=0,
        name=data["name"],
        when=parse_when(data["when"]),
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        weekly=parse_window(data["weekly"], "weekly", default_timezone="UTC"),
    )


def _listings(answer: Answer, target: TargetAnswer) -> Iterator[Listing]:
    found = target.difference
    sorts: tuple[tuple[str, Any, list[Any]], ...] = (
        ("gained", _("gains"), found.gained),
        ("lost", _("loses"), found.lost),
        ("changed", _("another severity"), found.severity_changes),
        ("kept", _("keeps"), found.kept),
    )
    for code, heading, items in sorts:
        newest = reversed(items[-LISTED:])
        yield Listing(code, heading, len(items), [Line(answer.seen[_inbound(item)], _words(item)) for item in newest])


def _inbound(item: Moved | Kept) -> Any:
    return item.told.inbound if isinstance(item, Moved) else item.after.inbound


def _words(item: Moved | Kept) -> str:
    if isinstance(item, Kept):
        before, after = Severity(item.before.severity).label, Severity(item.after.severity).label
        return str(after) if before == after else f"{before} → {after}"
    label = str(Severity(item.told.severity).label)
    if item.held_back is None:
        return label
    otherwise = _("else")
    return f"{label} ({otherwise}: {DeliveryReason(item.held_back).label})"


def _lines(answer: Answer, inbounds: Iterable[int]) -> list[Line]:
    return [Line(answer.seen[inbound], "") for inbound in list(inbounds)[:LISTED]]
