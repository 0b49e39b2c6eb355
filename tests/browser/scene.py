"""A log with one of everything, its texts as hostile as strangers can make them."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from routing.fields import Sealed
from routing.models import (
    ApiToken,
    Attempt,
    AuditEntry,
    Delivery,
    Inbound,
    Project,
    QuarantinedCall,
    Rule,
    Silence,
    Source,
    Target,
    Thread,
    Worker,
)
from routing.services.setup import sources

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u202e" + "长" * 300
HOSTILE_LINK = "javascript:document.title='owned'"
KEY = "a" * 40


@dataclass(frozen=True)
class Scene:
    """What the pages show."""

    source: Source
    project: Project
    bot: Target
    flashduty: Target
    rule: Rule
    silence: Silence
    inbound: Inbound
    delivery: Delivery
    thread: Thread


def make() -> Scene:
    """Store the scene."""
    now = timezone.now()
    bot = Target.objects.create(
        name="team", title=HOSTILE[:200], kind="feishu", credentials={"webhook_url": Sealed.seal("https://x.test/h")}
    )
    flashduty = Target.objects.create(name="duty", kind="flashduty", fallback=bot)
    source = Source.objects.create(
        name="acme", title=HOSTILE[:200], refused_count=2, refused_at=now, refused_reason="bad_signature"
    )
    source.default_targets.add(bot)
    sources.add_hook_key(source)
    sources.add_client_secret(source, "secret")
    project = Project.objects.create(source=source, slug="web", title=HOSTILE[:200], sentry_id=4510703106785280)
    when = [
        {
            "any": [
                {"field": "tag:customer", "op": "is", "value": HOSTILE[:100]},
                {"field": "level", "op": "at_least", "value": "error"},
            ]
        }
    ]
    rule = Rule.objects.create(
        name="errors", source=source, project="web", when=when, severity={"triggered.fatal": "critical"}
    )
    rule.targets.add(bot, flashduty)
    silence = Silence.objects.create(
        name="night", when=when, starts_at=now, ends_at=now + timedelta(hours=1), reason=HOSTILE[:400]
    )
    alert = {
        "sentry_status": "triggered",
        "alert_key": KEY,
        "title": HOSTILE,
        "link": HOSTILE_LINK,
        "environment": HOSTILE[:100],
        "culprit": HOSTILE,
    }
    condition = {"field": "level", "op": "at_least", "value": "error", "seen": [HOSTILE], "holds": True}
    trace = {
        "rules_version": "b" * 64,
        "decided_at": now.isoformat(),
        "rules": [
            {
                "id": rule.pk,
                "name": "errors",
                "result": "matched",
                "when": [{"any": [condition], "holds": True}],
                "targets": ["team"],
            }
        ],
        "silences": [{"id": silence.pk, "name": HOSTILE, "result": "not_matched"}],
    }
    inbound = Inbound.objects.create(
        source=source, source_name="acme", project_slug="web", resource="event_alert", action="triggered", status="routed",
        reason="matched", alert_key=KEY, issue_id="42", title=HOSTILE, alert=alert, decision={"trace": trace}, flags=[HOSTILE],
    )  # fmt: skip
    thread = Thread.objects.create(
        target=bot, alert_key=KEY, is_open=True, round=1, title=HOSTILE, link=HOSTILE_LINK, opened_at=now
    )
    delivery = Delivery.objects.create(
        inbound=inbound, target=bot, target_name="team", kind="feishu", thread=thread, status="dead", reason="bad_signature",
        severity="warning", sentry_status="triggered", alert_key=KEY, rules=["errors"], finished_at=now, attempt_count=1,
    )  # fmt: skip
    Attempt.objects.create(
        delivery=delivery, number=1, started_at=now, duration_ms=12, http_status=200, provider_code="19021",
        outcome="rejected", reason="bad_signature", response=HOSTILE,
    )  # fmt: skip
    Inbound.objects.create(
        source=source,
        source_name="acme",
        status="unrouted",
        reason="unmatched",
        project_slug=HOSTILE[:150],
        title=HOSTILE,
    )
    QuarantinedCall.objects.create(source=source, reason="bad_signature", data=b"x", size=1)
    Worker.objects.create(name=HOSTILE[:90], host="h", pid=1, engine="embedded")
    ApiToken.objects.create(name="deploy", role="operator", prefix="relay_x", digest="d" * 64)
    AuditEntry.objects.create(actor=HOSTILE[:100], action="resend", object_name=HOSTILE[:150])
    return Scene(source, project, bot, flashduty, rule, silence, inbound, delivery, thread)
