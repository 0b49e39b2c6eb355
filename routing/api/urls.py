"""The URLs of the HTTP edge, gathered from its modules."""

from routing.api import alert_rule_action, docs, health, hooks, metrics, rest, sandbox, whatif

urlpatterns = [
    *hooks.urlpatterns,
    *alert_rule_action.urlpatterns,
    *health.urlpatterns,
    *metrics.urlpatterns,
    *whatif.urlpatterns,
    *rest.urlpatterns,
    *docs.urlpatterns,
    *rest.unknown,
    *sandbox.urlpatterns,
]
