"""Applying a document: computed first, then written in one short transaction, all or nothing."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.contract import Text
from routing.models import ConfigurationStamp
from routing.services.auditing import Actor
from routing.services.configuration.comparing import Changes, compare
from routing.services.configuration.document import Document
from routing.services.configuration.problems import ConfigurationError, Problem
from routing.services.configuration.recording import record
from routing.services.configuration.stored import Stored, load
from routing.services.configuration.writing import write

TRIES = 5

_MOVED = Text(
    "the configuration was changed by others all the while: try again", "配置在此期间不断被他人修改，请重试"
)


class _Overtaken(Exception):
    """Somebody changed the configuration after it was read."""


def _accept(_stored: Stored) -> None:
    return


def apply(
    document: Document,
    *,
    actor: Actor,
    prune: bool = False,
    keep_order: bool = False,
    precondition: Callable[[Stored], None] = _accept,
) -> Changes:
    """Make the stored configuration what the document says; what it does not list stays, unless `prune`.

    Raises ConfigurationError (nothing is written then), UnsealingError, and what `precondition` raises; that is
    asked about exactly the configuration that the changes are written over.
    """
    for _ in range(TRIES):
        stored = load()
        precondition(stored)
        changes = compare(document, stored, prune=prune, keep_order=keep_order)
        if not changes:
            return changes
        try:
            _write(changes, stored, actor)
        except (_Overtaken, IntegrityError):
            continue
        return changes
    raise ConfigurationError([Problem("", _MOVED)])


@transaction.atomic
def _write(changes: Changes, stored: Stored, actor: Actor) -> None:
    stamp = ConfigurationStamp.objects.select_for_update().get(pk=1)
    if stamp.number != stored.number:
        raise _Overtaken
    write(changes, rules=stored.rows["rules"], now=timezone.now())
    record(changes, actor=actor)
