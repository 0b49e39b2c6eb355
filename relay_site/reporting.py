"""Reporting our own errors to a Sentry: which error, where in the code, and nothing of what we carry."""

from collections import deque
from collections.abc import Mapping
from importlib.util import find_spec
from threading import Lock
from time import monotonic
from typing import Any

from django.core.exceptions import ImproperlyConfigured

AN_HOUR = 3600.0
MOST_AN_HOUR = 20
"""Reports of one process. Were the Sentry project's own webhook this relay, an error about its webhook would report
itself, and that report would come as the next webhook: it ends after one report of a cause an hour."""
_KEPT = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "server_name", "sdk")
_FRAME = ("filename", "function", "lineno", "module", "in_app")
_IDS = ("delivery", "inbound", "request_id")


class Brake:
    """Lets one report of a cause through in an hour, and MOST_AN_HOUR of all."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._told: dict[str, float] = {}
        self._all: deque[float] = deque()

    def lets(self, cause: str, now: float) -> bool:
        """Whether a report of this cause may go out now; `now` in seconds of a clock that never goes back."""
        with self._lock:
            while self._all and self._all[0] <= now - AN_HOUR:
                self._all.popleft()
            self._told = {each: at for each, at in self._told.items() if at > now - AN_HOUR}
            if cause in self._told or len(self._all) >= MOST_AN_HOUR:
                return False
            self._told[cause] = now
            self._all.append(now)
            return True


def scrubbed(event: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """What may leave of an event, by a list of what is known to be harmless: types, places in the code, our own ids.

    Texts of errors, variables, requests and arguments of log lines may hold secrets and payloads, and stay here.
    """
    told = {key: event[key] for key in _KEPT if key in event}
    message = getattr(hint.get("log_record"), "msg", "")
    line = message if isinstance(message, dict) else {"event": message}
    told["logentry"] = {"message": str(line.get("event", ""))[:200]}
    told["tags"] = {name: str(line[name])[:64] for name in _IDS if name in line}
    values = (event.get("exception") or {}).get("values") or []
    if values:
        told["exception"] = {"values": [_bare(value) for value in values]}
    return told


def _bare(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    places = [{key: frame[key] for key in _FRAME if key in frame} for frame in frames]
    return {"type": value.get("type"), "module": value.get("module"), "value": "", "stacktrace": {"frames": places}}


def cause_of(event: Mapping[str, Any]) -> str:
    """What makes two scrubbed events the same: the types of the errors, the innermost place, the words of the log line."""
    values = (event.get("exception") or {}).get("values") or []
    innermost = [value["stacktrace"]["frames"][-1:] for value in values]
    places = [(frame.get("module"), frame.get("function")) for frames in innermost for frame in frames]
    return repr(([value["type"] for value in values], places, event["logentry"]["message"]))


def start(dsn: str, *, proxy: str = "", transport: Any = None) -> None:
    """Report what is logged as an error; raises ImproperlyConfigured without the extra, or with a DSN that is none."""
    if find_spec("sentry_sdk") is None:
        raise ImproperlyConfigured("SENTRY_DSN needs the extra monitoring: see docs/operations.md.")
    import sentry_sdk
    from sentry_sdk.integrations.logging import LoggingIntegration
    from sentry_sdk.utils import BadDsn

    brake = Brake()

    def before_send(event: Any, hint: dict[str, Any]) -> Any:
        told = scrubbed(event, hint)
        return told if brake.lets(cause_of(told), monotonic()) else None

    try:
        sentry_sdk.init(
            dsn=dsn,
            before_send=before_send,
            transport=transport,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[LoggingIntegration(level=None, event_level=40)],
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            auto_session_tracking=False,
            http_proxy=proxy or None,
            https_proxy=proxy or None,
        )
    except BadDsn as error:
        raise ImproperlyConfigured("SENTRY_DSN is not the DSN of a Sentry project.") from error
