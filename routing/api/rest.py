"""The URLs of the REST API."""

from typing import Any

from django.urls import URLPattern, include, path, re_path
from rest_framework.routers import SimpleRouter

from routing.api.acting_views import ExplainView, ReprocessView, TargetTestView
from routing.api.ambiguous import or_object
from routing.api.configuration_schema import SHAPES, Settings, views_of
from routing.api.credential_views import ClientSecrets, HookKeys, RetireClientSecret, RetireHookKey
from routing.api.describing import Nowhere
from routing.api.history_views import views_of as history_of
from routing.api.inbound_views import InboundMuteView, RoutingTestView
from routing.api.job_views import JobViewSet
from routing.api.log_views import DeliveryViewSet, InboundViewSet, ThreadViewSet
from routing.api.looking_views import (
    AttemptViewSet,
    DeliveryPreviewView,
    InboundPreviewView,
    OverviewView,
    RulesVersionViewSet,
    ShiftView,
    TargetWaitingView,
)
from routing.api.operating_views import AuditViewSet, InboundBodyView, RuleMoveView, SourceTestView, TokenViewSet
from routing.api.quarantine_views import QuarantineViewSet
from routing.api.trial_views import TrialViewSet

router = SimpleRouter()
router.register("inbounds", InboundViewSet, basename="inbound")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("attempts", AttemptViewSet, basename="attempt")
router.register("rules-versions", RulesVersionViewSet, basename="rules-version")
router.register("threads", ThreadViewSet, basename="thread")
router.register("quarantine", QuarantineViewSet, basename="quarantine")
router.register("jobs", JobViewSet, basename="job")
router.register("trials", TrialViewSet, basename="trial")
router.register("tokens", TokenViewSet, basename="token")
router.register("audit", AuditViewSet, basename="audit")

configuration = []
OF_ONE = {section: views_of(section)[1].as_view() for section in SHAPES}


def beside(section: str, word: str, view: Any, name: str) -> URLPattern:
    """What may be done to or seen of one object, at its address and a word."""
    either = or_object(section, word, view.as_view(), OF_ONE[section])
    return re_path(rf"^{section}/(?P<name>.+)/{word}/$", either, name=name)


for section in SHAPES:
    objects_view, _object_view = views_of(section)
    history_view, restore_view = history_of(section)
    configuration += [
        beside(section, "history", history_view, f"{section}-history"),
        re_path(
            rf"^{section}/(?P<name>.+)/history/(?P<id>\d{{1,18}})/restore/$",
            restore_view.as_view(),
            name=f"{section}-restore",
        ),
        path(f"{section}/", objects_view.as_view(), name=f"{section}-list"),
        re_path(rf"^{section}/(?P<name>.+)/$", OF_ONE[section], name=f"{section}-object"),
    ]

acting = [
    path("explain/", ExplainView.as_view(), name="explain"),
    path("overview/", OverviewView.as_view(), name="overview"),
    path("shift/", ShiftView.as_view(), name="shift"),
    path("settings/", Settings.as_view(), name="settings"),
    re_path(r"^inbounds/(?P<id>\d{1,18})/reprocess/$", ReprocessView.as_view(), name="inbound-reprocess"),
    re_path(r"^inbounds/(?P<id>\d{1,18})/body/$", InboundBodyView.as_view(), name="inbound-body"),
    re_path(r"^inbounds/(?P<id>\d{1,18})/mute/$", InboundMuteView.as_view(), name="inbound-mute"),
    re_path(r"^inbounds/(?P<id>\d{1,18})/preview/$", InboundPreviewView.as_view(), name="inbound-preview"),
    re_path(r"^inbounds/(?P<id>\d{1,18})/routing-test/$", RoutingTestView.as_view(), name="inbound-routing-test"),
    re_path(r"^deliveries/(?P<id>\d{1,18})/preview/$", DeliveryPreviewView.as_view(), name="delivery-preview"),
    beside("sources", "hook-keys", HookKeys, "hook-keys"),
    re_path(
        r"^sources/(?P<name>.+)/hook-keys/(?P<id>\d{1,18})/retire/$", RetireHookKey.as_view(), name="hook-key-retire"
    ),
    beside("sources", "client-secrets", ClientSecrets, "client-secrets"),
    re_path(
        r"^sources/(?P<name>.+)/client-secrets/(?P<id>\d{1,18})/retire/$",
        RetireClientSecret.as_view(),
        name="client-secret-retire",
    ),
    beside("sources", "test", SourceTestView, "source-test"),
    beside("rules", "move", RuleMoveView, "rule-move"),
    beside("targets", "waiting", TargetWaitingView, "target-waiting"),
    beside("targets", "test", TargetTestView, "target-test"),
]

urlpatterns = [path("api/v1/", include([*router.urls, *acting, *configuration]))]
unknown = [re_path(r"^api/v1/", Nowhere.as_view(), name="api-unknown")]
"""After every other address of the API."""
