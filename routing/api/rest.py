"""The URLs of the REST API."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from routing.api.acting_views import ExplainView, ReprocessView, TargetTestView
from routing.api.configuration_schema import SHAPES, Settings, views_of
from routing.api.log_views import DeliveryViewSet, InboundViewSet, ThreadViewSet

router = SimpleRouter()
router.register("inbounds", InboundViewSet, basename="inbound")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("threads", ThreadViewSet, basename="thread")

configuration = []
for section in SHAPES:
    objects_view, object_view = views_of(section)
    configuration += [
        path(f"{section}/", objects_view.as_view(), name=f"{section}-list"),
        re_path(rf"^{section}/(?P<name>.+)/$", object_view.as_view(), name=f"{section}-object"),
    ]

acting = [
    path("explain/", ExplainView.as_view(), name="explain"),
    path("settings/", Settings.as_view(), name="settings"),
    re_path(r"^inbounds/(?P<id>\d{1,18})/reprocess/$", ReprocessView.as_view(), name="inbound-reprocess"),
    re_path(r"^targets/(?P<name>.+)/test/$", TargetTestView.as_view(), name="target-test"),
]

urlpatterns = [path("api/v1/", include([*router.urls, *acting, *configuration]))]
