"""`GET /metrics`: Prometheus text from the database, right for any number of processes and hosts."""

from collections.abc import Iterable
from ipaddress import ip_address
from threading import Lock
from time import monotonic

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from routing.api.authentication import TokenAuthentication
from routing.api.metric_families import families
from routing.selectors.metrics import Metrics, read_metrics

CACHE_SECONDS = 5.0
"""So often at most one process reads the numbers anew, however often it is asked."""
_PROXIED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
_PASSED_ON = "relay.passed_on"
"""Set by `relay_site.proxies`, which takes away what proxies that are not trusted claim."""


class RelayCollector(Collector):
    """Reads the numbers when asked, at most every CACHE_SECONDS."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: Metrics | None = None
        self._read_at = 0.0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Every metric; raises DatabaseError when the database is away."""
        return families(self._metrics())

    def _metrics(self) -> Metrics:
        with self._lock:
            if self._known is None or monotonic() - self._read_at > CACHE_SECONDS:
                self._known = read_metrics(timezone.now())
                self._read_at = monotonic()
            return self._known

    def forget(self) -> None:
        """Read anew at the next question."""
        with self._lock:
            self._known = None


collector = RelayCollector()
registry = CollectorRegistry(auto_describe=False)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for a bearer token of any role or a direct call from this machine; 503 when the database is away."""
    try:
        may_read = _is_local(request) or _has_token(request)
        if not may_read:
            return _refused("Give a token: Authorization: Bearer <token>. manage.py create_token NAME --role viewer")
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return HttpResponse(encode(registry), content_type=content_type)
    except AuthenticationFailed as error:
        return _refused(str(error.detail))
    except DatabaseError:
        return HttpResponse("The database cannot be read.\n", status=503, content_type="text/plain; charset=utf-8")


def _refused(why: str) -> HttpResponse:
    response = HttpResponse(f"{why}\n", status=401, content_type="text/plain; charset=utf-8")
    response.headers["WWW-Authenticate"] = 'Bearer realm="Alert Relay"'
    return response


def _is_local(request: HttpRequest) -> bool:
    """True for a call from this machine that no proxy passed on: a proxy beside us also calls from loopback."""
    if request.META.get(_PASSED_ON) or any(name in request.META for name in _PROXIED):
        return False
    try:
        return ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    return TokenAuthentication().authenticate(Request(request)) is not None


registry.register(collector)
urlpatterns = [path("metrics", metrics, name="metrics")]
