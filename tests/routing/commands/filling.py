"""A database of its own that has something in every table, filled and read out in a process of its own.

`python -m tests.routing.commands.filling fill <address of a sink>` fills it; with or without, every value is printed as JSON.
"""

import json
import sys
from typing import Any

import django

django.setup()

from allauth.account.models import EmailAddress, EmailConfirmation  # noqa: E402 - models need what stands above
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken  # noqa: E402
from django.contrib.admin.models import LogEntry  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from routing.fields import Sealed  # noqa: E402
from routing.models import (  # noqa: E402
    BulkItem,
    BulkJob,
    Delivery,
    Inbound,
    Notice,
    Project,
    Rhythm,
    SandboxCall,
    Silence,
    Source,
    Target,
)
from routing.services.setup import targets  # noqa: E402
from routing.services.upkeep import moving  # noqa: E402
from routing.services.upkeep.numbering import last_numbers  # noqa: E402
from tests.routing.admin.matrix.stage import set_up  # noqa: E402
from tests.routing.calls import send  # noqa: E402

ADDRESSES = {
    "feishu": ("webhook_url", "/open-apis/bot/v2/hook/"),
    "flashduty": ("push_url", "/event/push/alert/standard?integration_key="),
}


def fill(sink: str) -> None:
    """Rows in every table; one delivery waits, a job is half done, and the newest webhook is gone from the log."""
    set_up()
    for target in Target.objects.all():
        field, path = ADDRESSES[target.kind]
        targets.assign(target, {field: f"{sink}{path}{target.name}"})
        target.save()
    Silence.objects.update(when=[{"field": "project", "op": "is", "value": "batch"}])
    team = Target.objects.get(name="team")
    Source.objects.get(name="acme").default_targets.add(team)
    Project.objects.get(slug="web").default_targets.add(team)
    user = User.objects.get()
    user.groups.add(*Group.objects.filter(name="operator"))
    user.user_permissions.add(Group.objects.get(name="viewer").permissions.first())
    dead = Delivery.objects.get(status="dead")
    BulkItem.objects.create(job=BulkJob.objects.get(), lane=team.pk, object_id=dead.pk)
    newest = send(issue_id="4").json()["id"]
    Delivery.objects.filter(inbound=newest).delete()
    Inbound.objects.filter(pk=newest).delete()
    _rest(user, newest)


def _rest(user: User, number: int) -> None:
    """What comes of notices, the sandbox, the silence watch, the stock admin's own log and single sign-on."""
    now = timezone.now()
    Notice.objects.create(cause="dead:team", title={"en": "Alerts …", "zh": "告警…"}, count=2, told_at=now)
    SandboxCall.objects.create(bot="team", kind="feishu", status=200, answer="{}", accepted=True, seen={"title": "🔥"})
    Rhythm.objects.create(source=Source.objects.get(name="acme"), since=now, days={}, read_to=number)
    LogEntry.objects.create(user=user, object_repr="web", action_flag=2)
    address = EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)
    EmailConfirmation.objects.create(email_address=address, key="k")
    app = SocialApp.objects.create(provider="openid_connect", name="Keycloak", client_id="c", settings={"a": 1})
    account = SocialAccount.objects.create(user=user, provider="feishu", uid="ou_1", extra_data={"name": "李雷"})
    SocialToken.objects.create(app=app, account=account, token="t", expires_at=now)


def dump() -> dict[str, Any]:
    """Every row of every table that moves, secrets opened, and the numbers given out."""
    models = moving._models()
    rows = {
        model._meta.db_table: [
            {field.name: _plain(field.value_from_object(row)) for field in model._meta.concrete_fields}
            for row in model._base_manager.order_by("pk")
        ]
        for model in models
    }
    return {"rows": rows, "numbers": last_numbers(connection, models)}


def _plain(value: Any) -> Any:
    if isinstance(value, Sealed):
        return ["sealed", value.token, value.open()]
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value if isinstance(value, list | int | float | None) else str(value)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", address]:
            fill(address)
    json.dump(dump(), sys.stdout)
