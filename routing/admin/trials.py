"""Test alerts in the admin: asked for from a source, a rule or a target, followed live on a page of their own."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from routing.admin.acting import acting_user
from routing.admin.forms.trials import ONLY, AlertForm, RuleTrialForm, TargetTrialForm
from routing.admin.reading import LogAdmin
from routing.models import Rule, Source, Target, Trial
from routing.selectors.rules import spec_of
from routing.selectors.snapshot import HOOK_SOURCE
from routing.selectors.trials.course import course_of
from routing.selectors.workers import work_state
from routing.services.trying import trials

PERMISSION = "routing.add_trial"
TITLE = _("Send a test alert")


class Trying:
    """Adds the page that asks for a test alert (GET) and sends it (POST) to the admin of what can be tested."""

    admin_site: Any
    opts: Any
    trial_model: Any

    def get_urls(self) -> list[URLPattern]:
        """The page before the stock ones."""
        view, stock = self.admin_site.admin_view(self.trial_view), super().get_urls()  # type: ignore[misc]
        return [path("<int:object_id>/test/", view, name=f"{self.opts.app_label}_{self.opts.model_name}_test"), *stock]

    def trial_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask what to send, then send it and go to the page that follows it."""
        admin_of: Any = self
        obj = get_object_or_404(self.trial_model, pk=object_id)
        if not request.user.has_perm(PERMISSION) or not admin_of.has_view_permission(request, obj):
            raise PermissionDenied
        form = self.trial_form(obj, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            trial = self.send_trial(obj, form.cleaned_data, acting_user(request))
            return HttpResponseRedirect(reverse("admin:routing_trial_change", args=[trial.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": TITLE,
            "subtitle": str(obj),
            "opts": self.opts,
            "original": obj,
            "form": form,
            **self.trial_context(obj, request),
        }
        return TemplateResponse(request, "admin/routing/trial/ask.html", context)

    def trial_form(self, obj: Any, data: Any) -> Form:
        """What is asked before sending."""
        raise NotImplementedError

    def send_trial(self, obj: Any, asked: dict[str, Any], actor: AbstractBaseUser) -> Trial:
        """Send it."""
        raise NotImplementedError

    def trial_context(self, obj: Any, request: HttpRequest) -> dict[str, Any]:
        """What else the page shows."""
        return {}


class TryingSource(Trying):
    """From a connection."""

    trial_model = Source

    def trial_form(self, obj: Source, data: Any) -> Form:
        """Project, environment, level."""
        return AlertForm(data, source=obj)

    def send_trial(self, obj: Source, asked: dict[str, Any], actor: AbstractBaseUser) -> Trial:
        """A signed webhook of this connection."""
        return trials.try_source(obj, actor=actor, **asked)


class TryingTarget(Trying):
    """From a target."""

    trial_model = Target

    def trial_form(self, obj: Target, data: Any) -> Form:
        """Straight, or through the rules."""
        return TargetTrialForm(data)

    def send_trial(self, obj: Target, asked: dict[str, Any], actor: AbstractBaseUser) -> Trial:
        """A message for this target alone, or a webhook."""
        if asked.pop("way") == ONLY:
            return trials.try_only_target(obj, actor=actor)
        return trials.try_target(obj, actor=actor, **asked)


class TryingRule(Trying):
    """From a rule."""

    trial_model = Rule

    def trial_form(self, obj: Rule, data: Any) -> Form:
        """Which connection."""
        return RuleTrialForm(data, rule=obj)

    def send_trial(self, obj: Rule, asked: dict[str, Any], actor: AbstractBaseUser) -> Trial:
        """A webhook that the rule should take."""
        return trials.try_rule(obj, actor=actor, **asked)

    def trial_context(self, obj: Rule, request: HttpRequest) -> dict[str, Any]:
        """The alert that would be sent from the first connection."""
        sources = trials.sources_to_test(obj)
        source = sources.filter(pk__in=[pk for pk in [request.POST.get("source", "")] if pk.isdecimal()]).first()
        source = source or sources.first()
        if source is None:
            return {"no_source": True}
        made, broken = trials.sample_of_rule(obj, source), spec_of(obj).broken
        fields = trials.fields_of(spec_of(obj))
        return {"sample": made, "facts": trials.facts_of(made.alert, source.name, fields), "broken": broken}


def may_try(request: HttpRequest, obj: Any) -> bool:
    """True where the button makes sense: saved, and by somebody who may send tests."""
    return bool(obj) and request.user.has_perm(PERMISSION) and getattr(obj, "name", "") != HOOK_SOURCE


@admin.register(Trial)
class TrialAdmin(LogAdmin):
    """Test alerts, newest first; each page follows one of them."""

    list_display = ("number", "created_at", "of", "name", "source", "actor", "inbound_link")
    list_display_links = ("number", "name")
    list_filter = ("of",)
    search_fields = ("name",)
    ordering = ("-id",)
    list_select_related = ("source",)

    @admin.display(description="#", ordering="id")
    def number(self, trial: Trial) -> str:
        """The number."""
        return f"#{trial.pk}"

    @admin.display(description=_("received webhook"))
    def inbound_link(self, trial: Trial) -> str:
        """The webhook's number in the log."""
        return f"#{trial.inbound_id}" if trial.inbound_id else "—"

    def get_urls(self) -> list[URLPattern]:
        """The stock pages and the part of the page that is asked for again and again."""
        steps = self.admin_site.admin_view(never_cache(self.steps_view))
        return [path("<int:trial_id>/steps/", steps, name="routing_trial_steps"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one test alert."""
        trial = self._trial(request, object_id)
        decision = (trial.inbound.decision if trial.inbound else None) or {}
        context = {
            **self.admin_site.each_context(request),
            **self._course(trial),
            "title": TITLE,
            "subtitle": f"#{trial.pk}",
            "opts": self.opts,
            "t": decision.get("trace", {}),
            "again": self._again(request, trial),
        }
        return TemplateResponse(request, "admin/routing/trial/page.html", context)

    def steps_view(self, request: HttpRequest, trial_id: int) -> HttpResponse:
        """The steps as they stand now."""
        return TemplateResponse(
            request, "admin/routing/trial/steps.html", self._course(self._trial(request, str(trial_id)))
        )

    def _trial(self, request: HttpRequest, object_id: str) -> Trial:
        trial = get_object_or_404(Trial.objects.select_related("inbound", "rule", "source", "target"), pk=object_id)
        if not self.has_view_permission(request, trial):
            raise PermissionDenied
        return trial

    def _course(self, trial: Trial) -> dict[str, Any]:
        now = timezone.now()
        return {"trial": trial, "course": course_of(trial, work=work_state(now), now=now)}

    def _again(self, request: HttpRequest, trial: Trial) -> str:
        """Where the same can be tested once more; "" where it is gone or may not be."""
        obj = trial.rule or trial.target or trial.source
        if obj is None or not may_try(request, obj):
            return ""
        return reverse(f"admin:routing_{obj._meta.model_name}_test", args=[obj.pk])
