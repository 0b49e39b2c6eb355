"""What a fresh web process does before it says that it is ready, so that no webhook pays for it."""

import structlog
from django.utils import timezone

from integrations.sentry.samples import build
from routing.patience import patience
from routing.selectors import configuration
from routing.services.explaining import explain
from routing.services.ingest.readiness import obstacle
from routing.services.receiving import Call, receive

PATIENCE_SECONDS = 5.0
"""A database that is away must not keep the process from answering 503."""

log = structlog.get_logger(__name__)


def warm_up() -> None:
    """Read the configuration, open what is written through, and go the way of a webhook; never raises."""
    try:
        with patience(each=PATIENCE_SECONDS):
            sources = configuration.current().source_ids
            receive(Call(headers={}, body=b"", received_at=timezone.now()))
            if sources:
                explain(source_name=min(sources), resource="event_alert", body=_sample())
            obstacle()
    except Exception:
        log.warning("not warmed up: the first webhooks may be slow", exc_info=True)


def _sample() -> bytes:
    return build(
        "event_alert.triggered",
        project="web",
        environment="production",
        level="error",
        issue_id="1",
        event_id="0" * 32,
        title="Warming up",
        now=timezone.now(),
    )[1]
