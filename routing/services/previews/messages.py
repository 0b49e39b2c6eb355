"""What is shown beforehand: the message of a logged alert, of a delivery, or of a problem that nobody has."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from integrations.contract import Alert, Message, MessageType, SentryStatus, Severity
from routing.models import Delivery, Inbound
from routing.policy.alerts import from_json
from routing.selectors.known_targets import known_target
from routing.services.engine import outbox
from routing.services.engine.composing import Job, compose
from routing.services.trying.sampling import sample


def sample_message(severity: Severity) -> Message:
    """A real-looking alert of a problem that nobody has; a recovery where the severity says so."""
    now = timezone.now()
    alert = replace(sample("preview", now=now).alert, is_test=False, rule_name="Production errors")
    alert = replace(
        alert,
        title="OperationalError: connection timed out",
        error_type="OperationalError",
        error_value="connection timed out",
        project_slug="web-shop",
        sentry_status=SentryStatus.RESOLVED if severity is Severity.OK else alert.sentry_status,
    )
    return message_of_alert(alert, severity, received_at=now)


def message_of_alert(alert: Alert, severity: Severity, *, received_at: datetime, **more: Any) -> Message:
    """The message for an alert that nobody stored."""
    page = f"{settings.PUBLIC_URL}/admin/routing/inbound/"
    return Message(
        **{
            "type": MessageType.ALERT,
            "severity": severity,
            "alert_key": alert.alert_key,
            "alert": alert,
            "received_at": received_at,
            "log_link": page,
            "mute_link": None if alert.is_resolved else page,
            **more,
        }
    )


def message_of_inbound(inbound: Inbound, severity: Severity) -> Message | None:
    """What a target would be told of a logged webhook in this severity; None for one that brought no alert."""
    if not inbound.alert:
        return None
    alert, page = from_json(inbound.alert), f"{settings.PUBLIC_URL}/admin/routing/inbound/{inbound.pk}/change/"
    return message_of_alert(
        alert,
        severity,
        received_at=inbound.received_at,
        is_test=inbound.is_test,
        log_link=page,
        mute_link=None if alert.is_resolved else page,
    )


def message_of_delivery(delivery: Delivery) -> Message | None:
    """What a delivery says, composed as for its first attempt; None where that is not known yet, or no more.

    The link that mutes is left out for another: it is signed, and whoever may look need not have it.
    """
    known = known_target(delivery.target) if delivery.target else None
    rows = outbox.load([delivery.pk])
    if known is None or not rows:
        return None
    row = rows[0]
    if row.severity not in set(Severity):
        row = row._replace(severity=Severity.WARNING)
    try:
        said = compose(Job(row=row, claim="", target=known, fallback_of=row.fallback_of_name), delivery.created_at)
    except (ValueError, KeyError, TypeError):
        return None
    return replace(said, mute_link=said.log_link if said.mute_link else None)
