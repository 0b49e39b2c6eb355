"""The page that a message's mute link leads to: it says what will be quiet, and asks."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from routing.admin.acting import acting_user
from routing.models import Inbound, Silence
from routing.services.silences import muting
from routing.services.silences.likeness import conditions_like

REASON_LENGTH = 500


class MutePage:
    """Adds the page to the admin of silences. Who is not logged in logs in first, and comes back to the link."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        """The page before the stock ones."""
        view, stock = self.admin_site.admin_view, super().get_urls()  # type: ignore[misc]
        return [path("mute/<str:token>/", view(self.mute_view), name="routing_silence_mute"), *stock]

    def mute_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """GET asks; POST makes the silence and shows it."""
        admin: Any = self
        now = timezone.now()
        try:
            link = muting.read(token)
        except muting.ForgedLink:
            return self._refused(request, "forged", 404)
        inbound = Inbound.objects.filter(pk=link.inbound).first()
        if link.has_expired(now):
            return self._refused(request, "expired", 410, inbound)
        if inbound is None:
            return self._refused(request, "gone", 410)
        if not admin.has_add_permission(request):
            return self._refused(request, "permission", 403, inbound)
        if not conditions_like(inbound):
            return self._refused(request, "nameless", 422, inbound)
        if request.method == "POST":
            return self._mute(request, inbound, now)
        return self._ask(request, inbound, now)

    def _ask(self, request: HttpRequest, inbound: Inbound, now: datetime) -> HttpResponse:
        admin: Any = self
        context = {
            "title": _("Mute this alert for 1 h"),
            "inbound": inbound,
            "alert": inbound.alert or {},
            "until": now + muting.MUTED_FOR,
            "conditions": admin.conditions(Silence(when=conditions_like(inbound))),
            "muting": muting.muting(inbound, now),
            "reason_length": REASON_LENGTH,
        }
        return self._page(request, "ask", context)

    def _mute(self, request: HttpRequest, inbound: Inbound, now: datetime) -> HttpResponse:
        user = acting_user(request)
        reason = request.POST.get("reason", "").strip()[:REASON_LENGTH] or gettext("Muted from the message.")
        silence = muting.mute(inbound, actor=user, author=user.pk, reason=reason, now=now)
        if silence is None:
            raise PermissionDenied
        text = _("Muted until %(until)s. Recoveries still come, and what is unresolved then is summed up.")
        until = timezone.localtime(silence.ends_at).strftime("%Y-%m-%d %H:%M")
        messages.success(request, text % {"until": until})
        return HttpResponseRedirect(reverse("admin:routing_silence_change", args=[silence.pk]))

    def _refused(self, request: HttpRequest, why: str, status: int, inbound: Inbound | None = None) -> HttpResponse:
        context = {"title": REFUSED[why][0], "advice": REFUSED[why][1], "inbound": inbound}
        return self._page(request, "refused", context, status=status)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        template = f"admin/routing/silence/mute_{name}.html"
        return TemplateResponse(request, template, {**shared, **context}, status=status)


REFUSED = {
    "forged": (
        _("This link was not made by this relay"),
        _(
            "It was cut off or changed on its way, or the relay's SECRET_KEY was replaced since. Open the message again."
        ),
    ),
    "expired": (
        _("This link has expired"),
        _("Links in messages work for 12 hours. Nothing was muted."),
    ),
    "gone": (
        _("The log no longer has this alert"),
        _("It was removed when its time was over. Nothing was muted."),
    ),
    "permission": (
        _("Your role may not mute"),
        _("Ask an operator to open this link, or an administrator for the role. Nothing was muted."),
    ),
    "nameless": (
        pgettext_lazy("mute", "This alert cannot be told from others"),
        _(
            "It names neither issue, project, rule nor title, so a silence would hold for every alert. Nothing was muted."
        ),
    ),
}
"""Why a link leads no further: heading, and what to do."""
