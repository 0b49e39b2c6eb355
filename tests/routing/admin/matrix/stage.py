"""One of everything the admin shows, each in the state in which its buttons do something."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from routing.fields import Sealed
from routing.models import (
    ApiToken,
    Attempt,
    AuditEntry,
    BulkJob,
    Delivery,
    FeishuBot,
    FlashdutyTarget,
    Inbound,
    OpenThread,
    Project,
    QuarantinedCall,
    RulesVersion,
    SeverityMapping,
    Silence,
    Source,
    Thread,
    Trial,
)
from routing.services.ingest import bodies
from routing.services.setup import sources
from routing.services.silences.muting import mute_link
from tests.routing.calls import BOT, make_rule, make_source, make_target, send

_WRITE = re.compile(r'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?((?:routing|auth|django_admin|django_content)_?\w*)')


@dataclass
class Stage:
    """What the pages show."""

    things: dict[str, Any] = field(default_factory=dict)
    """By model name: the object whose page is opened; one of two hook keys and of two client secrets."""
    spare: dict[str, Any] = field(default_factory=dict)
    """By model name: one that may be deleted, where the other one is in use."""
    versions: dict[str, int] = field(default_factory=dict)
    """By model name: a version to go back to."""
    undecided: Inbound | None = None

    def pk(self, name: str) -> int:
        """The number of a thing."""
        return int(self.things[name].pk)

    def mute_token(self) -> str:
        """What a message about the alert carries."""
        return mute_link(self.pk("inbound"), timezone.now()).rstrip("/").rpartition("/")[2]


def set_up() -> Stage:
    """Store it."""
    stage = Stage()
    now = timezone.now()
    source = make_source(title="Acme")
    unrouted = Inbound.objects.get(pk=send(issue_id="1").json()["id"])
    bot, push = make_target("team"), make_target("duty", kind="flashduty")
    rule = make_rule("all", bot)
    make_rule("second", bot)
    send(issue_id="2")
    dead = Delivery.objects.get()
    Delivery.objects.update(status="dead", reason="bad_address", finished_at=now, due_at=None)
    send(issue_id="3")
    stage.undecided = unrouted
    Thread.objects.update(opened_at=now - timedelta(hours=1))
    thread = Thread.objects.order_by("id").first()
    hook = Source.objects.get(name="hook")
    stage.things = {
        "source": source,
        "hook_key": sources.add_hook_key(source),
        "client_secret": sources.add_client_secret(source, "another"),
        "project": Project.objects.first() or Project.objects.create(source=source, slug="web"),
        "target": bot,
        "feishubot": FeishuBot.objects.get(pk=bot.pk),
        "flashdutytarget": FlashdutyTarget.objects.get(pk=push.pk),
        "rule": rule,
        "severitymapping": SeverityMapping.objects.first(),
        "silence": Silence.objects.create(name="night", starts_at=now, ends_at=now + timedelta(hours=1)),
        "inbound": Inbound.objects.get(deliveries=dead),
        "delivery": dead,
        "thread": thread,
        "openthread": OpenThread.objects.get(pk=thread.pk),
        "attempt": Attempt.objects.create(delivery=dead, number=1, started_at=now, outcome="rejected"),
        "quarantinedcall": QuarantinedCall.objects.create(
            source=hook, reason="unknown_target", data=bodies.pack({}, b"{}"), size=2, address=Sealed.seal(f"{BOT}new").token
        ),
        "rulesversion": RulesVersion.objects.first(),
        "trial": Trial.objects.create(actor="a", of="target", target=bot, name="team", inbound=unrouted),
        "bulkjob": BulkJob.objects.create(act="resend", status="running", total=3, actor="a"),
        "auditentry": AuditEntry.objects.create(actor="a", action="resend"),
        "apitoken": ApiToken.objects.create(name="deploy", role="operator", prefix="relay_x", digest="d" * 64),
        "group": Group.objects.create(name="friends"),
        "user": User.objects.create_user("somebody", password="a-long-password"),
    }  # fmt: skip
    spare_bot, spare_push = make_target("spare"), make_target("spare-push", kind="flashduty")
    stage.spare = {
        "source": make_source("unused", key="k-unused"),
        "target": spare_bot,
        "feishubot": FeishuBot.objects.get(pk=spare_bot.pk),
        "flashdutytarget": FlashdutyTarget.objects.get(pk=spare_push.pk),
    }
    for name in ("source", "project", "target", "rule", "severitymapping", "silence"):
        stage.things[name].save()
        stage.versions[name] = stage.things[name].history.first().history_id
    stage.versions |= dict.fromkeys(("feishubot", "flashdutytarget"), stage.versions["target"])
    return stage


def digest() -> dict[str, str]:
    """Table -> a digest of every value in it; what a session remembers is nobody's data."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model is not Session and model._meta.managed and not model._meta.proxy:
            rows = model._base_manager.order_by("pk").values_list()
            found[model._meta.db_table] = sha256(repr(list(rows)).encode()).hexdigest()
    return found


@contextmanager
def writes() -> Iterator[list[str]]:
    """The tables that the block writes to, whether or not anything is different afterwards; sessions are left out."""
    tables: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        tables.extend(_WRITE.findall(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield tables
