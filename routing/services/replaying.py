"""Doing again what has ended: deliveries, decisions, refused calls. Each act leaves an audit row."""

import secrets

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext

from integrations.contract import ConfigError
from routing.fields import Sealed, UnsealingError
from routing.models import Delivery, Inbound, InboundStatus, QuarantinedCall, Source, Target
from routing.selectors.snapshot import HOOK_SOURCE
from routing.services import auditing
from routing.services.acts import cancelling
from routing.services.acts.resending import NotResendable, resend
from routing.services.auditing import Actor
from routing.services.deciding import decide_source
from routing.services.direct import KIND, receive_direct, url_field
from routing.services.engine.waking import notify_workers
from routing.services.ingest import answers, bodies
from routing.services.ingest.answers import Answer
from routing.services.receiving import Call, receive
from routing.services.setup import targets

__all__ = ["NotResendable", "cancel_many", "mark_undecided", "replay_quarantined", "reprocess", "resend", "resend_many"]

_DECIDED_AGAIN = (InboundStatus.MALFORMED, InboundStatus.FAILED, InboundStatus.UNROUTED, InboundStatus.IGNORED)


def resend_many(queryset: QuerySet[Delivery], actor: Actor) -> list[Delivery]:
    """Resend every delivery that has ended and whose target still exists, oldest first; returns the new ones."""
    finished = queryset.filter(finished_at__isnull=False, target__isnull=False).select_related("target", "inbound")
    return [resend(delivery, actor) for delivery in finished.order_by("id")]


def cancel_many(queryset: QuerySet[Delivery], actor: Actor) -> int:
    """Cancel every delivery that waits, oldest first; returns how many did."""
    return sum([cancelling.cancel(delivery, actor=actor) for delivery in queryset.order_by("id")])


def reprocess(inbound: Inbound, actor: Actor) -> Inbound:
    """Decide a webhook again by the rules as they are now, and return it as it is afterwards.

    One that was routed is left alone (resend its deliveries), and so is one whose body is no longer kept.
    """
    with transaction.atomic():
        if mark_undecided(inbound.pk):
            auditing.record(actor=actor, action="reprocess", obj=inbound)
            notify_workers()
    decide_source(inbound.source_id)
    inbound.refresh_from_db()
    return inbound


def mark_undecided(inbound: int) -> bool:
    """Let the worker decide a webhook again; False for one that was routed, or whose body is no longer kept."""
    again = Inbound.objects.filter(pk=inbound, status__in=_DECIDED_AGAIN, body__isnull=False)
    return bool(again.update(status=InboundStatus.RECEIVED, reason="", traceback=""))


def replay_quarantined(call: QuarantinedCall, actor: Actor, *, add_bot: bool = False) -> Answer:
    """Hand a refused call to the receiver again, and return what it says; what is accepted now is marked as replayed.

    With `add_bot` a Feishu target is made first of the bot URL that nobody had configured.
    """
    try:
        raw = bodies.unpack(call.data)
        address = Sealed(call.address).open() if call.address else ""
    except UnsealingError:
        return answers.unreadable_secret()
    if add_bot and address:
        _add_bot(address, actor)
    again = Call(
        source_name=call.source.name,
        headers=raw.headers,
        body=raw.body,
        received_at=timezone.now(),
        is_replay=True,
        flags=(f"replayed: {call.received_at.isoformat()}",),
    )
    answer = receive_direct(again, address) if call.source.name == HOOK_SOURCE else receive(again)
    auditing.record(actor=actor, action="replay", obj=call, status=answer.status)
    if answer.status < 300:
        _note_replayed(call)
    return answer


def _note_replayed(call: QuarantinedCall) -> None:
    """The source's count of refused calls goes down, and to nothing with the last of them."""
    with transaction.atomic():
        waiting = QuarantinedCall.objects.filter(source=call.source_id, replayed_at__isnull=True)
        if not waiting.filter(pk=call.pk).update(replayed_at=timezone.now()):
            return
        one_less = Case(When(refused_count__gt=0, then=F("refused_count") - 1), default=Value(0))
        left = one_less if waiting.exists() else Value(0)
        Source.objects.filter(pk=call.source_id).update(refused_count=left)


def _add_bot(address: str, actor: Actor) -> None:
    """Make a target of a bot URL, unless there is one; an address that is not allowed is left to the receiver."""
    target = Target(name=f"bot-{secrets.token_hex(4)}", title=gettext("Feishu bot from /hook"), kind=KIND)
    try:
        targets.assign(target, {url_field(): address})
    except ConfigError:
        return
    if Target.objects.filter(kind=KIND, address_digest=target.address_digest).exists():
        return
    with transaction.atomic():
        target.save()
        auditing.record(actor=actor, action="add_bot", obj=target)
