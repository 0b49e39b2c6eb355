"""The URLs of the REST API."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

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

urlpatterns = [
    path("api/v1/", include([*router.urls, path("settings/", Settings.as_view(), name="settings"), *configuration])),
]
