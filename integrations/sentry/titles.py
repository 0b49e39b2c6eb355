"""Headlines and levels: what to call a problem when Sentry's first choice says nothing."""

from integrations.sentry.parsing import Tree
from integrations.sentry.values import TITLE, VALUE, block, first, items, line, mapping

_SAY_NOTHING = frozenset({"", "<unlabeled event>", "<unknown>"})
_NUMERIC_LEVELS = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "fatal"}


def headline(subject: Tree, message: str = "") -> str:
    """The title of an event or issue.

    An occurrence (an issue that is no error) is headed by its own title; its event's is often a bare transaction.
    """
    metadata = mapping(subject.get("metadata"))
    candidates = (
        mapping(subject.get("occurrence")).get("issueTitle"),
        subject.get("title"),
        metadata.get("title"),
        ": ".join(filter(None, error_of(subject))),
        message,
        subject.get("culprit"),
    )
    return first(
        said for said in (line(candidate, TITLE) for candidate in candidates) if said.lower() not in _SAY_NOTHING
    )


def message_of(event: Tree) -> str:
    """The free text of an event: its message, its log entry in the newer or older notation, or the subtitle."""
    message = block(event.get("message"))
    if message:
        return message
    entry = mapping(event.get("logentry")) or mapping(event.get("sentry.interfaces.Message"))
    subtitle = mapping(event.get("occurrence")).get("subtitle")
    return first(block(found) for found in (entry.get("formatted"), entry.get("message"), subtitle))


def error_of(subject: Tree) -> tuple[str, str]:
    """(type, value) of the error; Sentry lists an event's exceptions with the outermost last."""
    metadata = mapping(subject.get("metadata"))
    kind, value = line(metadata.get("type")), block(metadata.get("value"), VALUE)
    if not kind:
        exception = subject.get("exception") or subject.get("sentry.interfaces.Exception")
        thrown = items(mapping(exception).get("values")) or items(exception)
        outermost = mapping(thrown[-1]) if thrown else {}
        kind, value = line(outermost.get("type")), value or block(outermost.get("value"), VALUE)
    return kind, value


def level_of(*candidates: object) -> str | None:
    """The first level given, in lower case; very old events wrote Python's numbers."""
    for candidate in candidates:
        if isinstance(candidate, int):
            candidate = _NUMERIC_LEVELS.get(candidate, "")
        found = line(candidate, 32).lower()
        if found:
            return found
    return None
