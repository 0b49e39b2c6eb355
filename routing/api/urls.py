"""The URLs of the HTTP edge, gathered from its modules."""

from routing.api import docs, health, hooks, rest, sandbox

urlpatterns = [*hooks.urlpatterns, *health.urlpatterns, *rest.urlpatterns, *docs.urlpatterns, *sandbox.urlpatterns]
