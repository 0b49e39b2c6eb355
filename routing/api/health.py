"""What load balancers and alarms ask: alive, able to store an inbound, worker at work. Any Host header will do."""

from http import HTTPStatus

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from routing.selectors.workers import work_state
from routing.services.ingest.readiness import obstacle


@require_safe
@never_cache
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """An inbound can be stored; 503 with what stands in the way. A sick target never makes this fail."""
    reason = obstacle()
    return _unavailable(reason) if reason else JsonResponse({"status": "ok"})


@require_safe
@never_cache
def worker(_request: HttpRequest) -> JsonResponse:
    """A worker beats and what is due is being sent; 503 `stale` or `late` otherwise. Ages in seconds, null for none."""
    now = timezone.now()
    try:
        state = work_state(now)
    except Error:
        return _unavailable("database")
    status = "late" if state.is_late(now) else "ok"
    answer = {
        "status": status if state.alive else "stale",
        "workers": state.alive,
        "heartbeat_age": (now - state.last_beat_at).total_seconds() if state.last_beat_at else None,
        "waiting": state.waiting,
        "backlog_age": (now - state.oldest_due_at).total_seconds() if state.oldest_due_at else None,
    }
    return JsonResponse(answer, status=HTTPStatus.OK if answer["status"] == "ok" else HTTPStatus.SERVICE_UNAVAILABLE)


def _unavailable(reason: str) -> JsonResponse:
    return JsonResponse({"status": "unavailable", "reason": reason}, status=HTTPStatus.SERVICE_UNAVAILABLE)


urlpatterns = [
    path("health/live", live, name="health-live"),
    path("health/ready", ready, name="health-ready"),
    path("health/worker", worker, name="health-worker"),
]
