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
from routing.services.configuration.recording import record, record_many
from routing.services.configuration.statements import unstage
from routing.services.configuration.stored import Stored, load
from routing.services.configuration.writing import Prepared, prepare, write

TRIES = 5
SMALL = 200

_MOVED = Text("the configuration was changed by others all the while: try again", "配置在此期间不断被他人修改，请重试")


class _Overtaken(Exception):  # noqa: N818 - what happened
    """Somebody changed the configuration after it was read."""


def _accept(_stored: Stored) -> None:
    return


def apply(
    document: Document,
    *,
    actor: Actor,
    prune: bool = False,
    keep_order: bool = False,
    exact_keys: bool = False,
    precondition: Callable[[Stored], None] = _accept,
) -> Changes:
    """Make the stored configuration what the document says; what it does not list stays, unless `prune`.

    Raises ConfigurationError (nothing is written then), UnsealingError, and what `precondition` raises; that is
    asked about exactly the configuration that the changes are written over.
    """
    for _ in range(TRIES):
        stored = load()
        precondition(stored)
        changes = compare(document, stored, prune=prune, keep_order=keep_order, exact_keys=exact_keys)
        if not changes:
            return changes
        try:
            prepared = prepare(changes, rules=stored.rows["rules"], now=timezone.now())
            _write(prepared, stored.number, actor)
        except (_Overtaken, IntegrityError):
            continue
        finally:
            unstage()
        if not _is_small(changes):
            record_many(changes, actor=actor)
        return changes
    raise ConfigurationError([Problem("", _MOVED)])


@transaction.atomic
def _write(prepared: Prepared, number: int, actor: Actor) -> None:
    stamp = ConfigurationStamp.objects.select_for_update().get(pk=1)
    if stamp.number != number:
        raise _Overtaken
    write(prepared)
    if _is_small(prepared.changes):
        record(prepared.changes, actor=actor)


def _is_small(changes: Changes) -> bool:
    """True when its history fits into the same transaction; that of thousands of rules takes longer than they do."""
    return len(changes.objects) <= SMALL
