"""Who comes in: the role by the groups that the provider tells, an account of their own, and nobody else's."""

from typing import Any, NoReturn

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from routing.policy.roles import role_of, values_of
from routing.services.setup import accounts

SECONDS = 10
log = structlog.get_logger(__name__)


class Admission(DefaultSocialAccountAdapter):
    """Ends every dialogue with a provider by itself: logged in here, or refused with a page that says why."""

    def get_requests_session(self) -> Any:
        """A session with limits: no proxy of the environment, no waiting."""
        session = super().get_requests_session()
        session.trust_env = False
        if settings.EGRESS_PROXY:
            session.proxies = {"http": settings.EGRESS_PROXY, "https": settings.EGRESS_PROXY}
        send = session.request
        session.request = lambda method, url, **asked: send(
            method, url, **{"timeout": SECONDS, "allow_redirects": False, **asked}
        )
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> NoReturn:
        """Log them in with the role of their groups, or refuse them; raises ImmediateHttpResponse with the answer."""
        app = sociallogin.provider.app
        told = sociallogin.account.get_provider_account().get_user_data() or sociallogin.account.extra_data
        groups = values_of(app.settings["claims"], told)
        role = role_of(groups, settings.SSO_ROLE_GROUPS, settings.SSO_DEFAULT_ROLE)
        if sociallogin.is_existing:
            accounts.take_role(sociallogin.user, role, provider=app.provider_id)
        if not role or (sociallogin.is_existing and not sociallogin.user.is_active):
            log.warning("single sign-on refused", provider=app.provider_id, has_role=bool(role))
            raise ImmediateHttpResponse(refused(request, _without_role(groups)))
        if not sociallogin.is_existing:
            self._make_account(request, sociallogin, told)
            accounts.take_role(sociallogin.user, role, provider=app.provider_id)
        login(request, sociallogin.user, backend="django.contrib.auth.backends.ModelBackend")
        log.info("single sign-on", provider=app.provider_id, user=sociallogin.user.pk, role=role)
        raise ImmediateHttpResponse(HttpResponseRedirect(_next(request, sociallogin)))

    def _make_account(self, request: HttpRequest, sociallogin: Any, told: dict[str, Any]) -> None:
        """An account without a password; one that is there already is never taken over, whatever its name or address."""
        user: User = sociallogin.user
        wishes = [told.get("preferred_username"), told.get("email"), told.get("enterprise_email"), told.get("name")]
        user.username = accounts.username_from([wish for wish in wishes if isinstance(wish, str)])
        user.set_unusable_password()
        sociallogin.save(request)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> NoReturn:
        """Say that it did not work; the log knows why. Raises ImmediateHttpResponse."""
        log.warning(
            "single sign-on failed", provider=provider.app.provider_id, error=str(error), why=str(exception)[:200]
        )
        raise ImmediateHttpResponse(refused(request, _("The provider did not confirm who you are. Try again.")))


def _without_role(groups: list[str]) -> str:
    if not groups:
        return _("No group of yours was told, so you have no role here. Ask an administrator of Alert Relay.")
    return _("None of your groups has a role here. Ask an administrator of Alert Relay.")


def refused(request: HttpRequest, why: str) -> HttpResponse:
    """The page for those who do not come in."""
    context = {**admin.site.each_context(request), "title": _("Not signed in"), "why": why}
    return render(request, "sso/refused.html", context, status=403)


def _next(request: HttpRequest, sociallogin: Any) -> str:
    """The page that was asked for, if it is one of ours; else the dashboard."""
    wanted = str(sociallogin.state.get("next") or "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and is_ours else reverse("admin:index")
