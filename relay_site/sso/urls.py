"""The two addresses of single sign-on; none of django-allauth's own pages is there."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET


def _spoken(request: HttpRequest, provider_id: str) -> Any:
    """The dialogue with a provider; raises Http404 for one that is not configured."""
    try:
        return get_adapter(request).get_provider(request, provider_id).get_oauth2_adapter(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error


@never_cache
@require_GET
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send them to the provider, with a state and a challenge that only this session knows."""
    answer: HttpResponse = OAuth2LoginView.adapter_view(_spoken(request, provider_id))(request)
    return answer


@never_cache
@require_GET
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take them back with the provider's word."""
    answer: HttpResponse = OAuth2CallbackView.adapter_view(_spoken(request, provider_id))(request)
    return answer


urlpatterns = [
    path("<slug:provider_id>/", begin, name="sso-login"),
    path("<slug:provider_id>/callback/", come_back, name="sso-callback"),
]
