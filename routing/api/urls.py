"""The URLs of the HTTP edge, gathered from its modules."""

from routing.api import docs, health, hooks, metrics, rest, sandbox

urlpatterns = [
    *hooks.urlpatterns,
    *health.urlpatterns,
    *metrics.urlpatterns,
    *rest.urlpatterns,
    *docs.urlpatterns,
    *sandbox.urlpatterns,
]
