"""Test messages: marked as tests, and sent through the real queue, worker and door."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from integrations.contract import Alert, ConfigError, Message, MessageType, Severity, Text
from integrations.sentry.signature import WEBHOOK_HEADER, sign
from routing.models import ClientSecret, Delivery, Inbound, InboundReason, InboundStatus, Source, Target
from routing.policy.alerts import to_json
from routing.policy.retrying import expires_at
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.engine.waking import notify_workers
from routing.services.ingest.answers import Answer
from routing.services.receiving import Call, receive
from routing.services.setup.targets import destination
from routing.services.trying.sampling import Sample, sample

OFF = Text("The target is off: enable it first.", "该目标已停用，请先启用。")
CANNOT = Text(
    "This target passes on Sentry's own calls only: press Send Test Notification in Sentry.",
    "该目标只转发 Sentry 的原始请求：请在 Sentry 中点击 Send Test Notification。",
)

NO_SECRET = Text(
    "There is no client secret yet: paste the one that Sentry's integration shows.",
    "尚未填写 Client Secret：请粘贴 Sentry 集成页面上显示的值。",
)


def send_test_alert(
    source: Source,
    *,
    actor: Actor,
    project: str = "test-project",
    environment: str = "production",
    level: str = "error",
) -> Answer:
    """Hand the receiver what Sentry would send for an alert, signed with the source's newest secret; its answer.

    Rules, queue, worker and targets are the real ones; the alert is marked as a test and never a duplicate. The caller
    holds no transaction. Raises ConfigError without a secret to sign with, UnsealingError when no key opens it.
    """
    made = sample(
        source.name,
        now=timezone.now(),
        is_signed=is_signed(source),
        project=project,
        environment=environment,
        level=level,
    )
    answer = send_sample(source, made)
    auditing.record(
        actor=actor, action="test_source", obj=source, status=answer.status, inbound=answer.payload.get("id")
    )
    return answer


def send_sample(source: Source, made: Sample) -> Answer:
    """Sign a sample and hand it to the receiver; see `send_test_alert`."""
    secret = _newest_secret(source)
    if secret is None and not source.accept_unsigned:
        raise ConfigError({"client_secrets": NO_SECRET})
    headers = dict(made.headers)
    if secret:
        headers[WEBHOOK_HEADER] = sign(made.body, secret.secret.open())
    return receive(
        Call(source_name=source.name, headers=headers, body=made.body, received_at=timezone.now(), is_test=True)
    )


def is_signed(source: Source) -> bool:
    """True where a test is signed; a source without a secret that takes unsigned calls gets the older shape."""
    return _newest_secret(source) is not None or not source.accept_unsigned


def _newest_secret(source: Source) -> ClientSecret | None:
    return source.client_secrets.filter(retired_at__isnull=True).order_by("-id").first()


def sample_alert() -> Alert:
    """An alert as Sentry's test button would raise it, of a problem that nobody has."""
    return sample("test", now=timezone.now()).alert


def test_target(target: Target, *, actor: Actor) -> Delivery:
    """Queue a test message for one target and return its delivery; raises ConfigError saying what to do instead."""
    alert = sample_alert()
    if not target.enabled:
        raise ConfigError({"enabled": OFF})
    message = Message(
        type=MessageType.ALERT, severity=Severity.INFO, alert_key=alert.alert_key, alert=alert, is_test=True
    )
    if destination(target.kind).unsupported(message, target.settings()):
        raise ConfigError({"mode": CANNOT})
    with transaction.atomic():
        delivery = _queue(target, alert, timezone.now())
        auditing.record(actor=actor, action="test_target", obj=target, delivery=delivery.pk)
        notify_workers()
    return delivery


def _queue(target: Target, alert: Alert, now: datetime) -> Delivery:
    shared = {"alert_key": alert.alert_key, "project_slug": alert.project_slug or "", "is_test": True}
    inbound = Inbound.objects.create(
        source_name="test",
        resource=alert.resource,
        action=alert.action,
        received_at=now,
        status=InboundStatus.ROUTED,
        reason=InboundReason.MATCHED,
        issue_id=alert.issue_id or "",
        event_id=alert.event_id or "",
        title=alert.title,
        alert=to_json(alert),
        flags=["test"],
        **shared,
    )
    return Delivery.objects.create(
        inbound=inbound,
        target=target,
        target_name=target.name,
        kind=target.kind,
        severity=Severity.INFO,
        sentry_status=alert.sentry_status,
        priority=0,
        created_at=now,
        due_at=now,
        expires_at=expires_at(now),
        **shared,
    )
