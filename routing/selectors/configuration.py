"""The configuration in memory, read again whenever the stamp says that something changed."""

import gc
from hashlib import sha256
from threading import Lock

from django.db import connection

from routing.policy.patterns import PatternGuard
from routing.policy.ruleset import compile_configuration
from routing.policy.specs import Configuration
from routing.selectors import loading
from routing.selectors.rules import Known, load_rules
from routing.selectors.ruleset_json import ruleset_json
from routing.selectors.snapshot import Snapshot

GUARD = PatternGuard()
"""Counts time-outs of regular expressions for as long as the process lives, whatever changes around them."""

_READINGS = 3
"""Tries for a reading that no change crosses; the last one stands, and is read again at the next call."""

_lock = Lock()
_held: Snapshot | None = None


def stamp() -> int:
    """The number that rises with every change of configuration: one cheap query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM routing_configurationstamp")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def current() -> Snapshot:
    """The configuration as it is now; raises DatabaseError when the database does not answer.

    While one thread reads a changed configuration the others wait for it: a change is in force from the next
    webhook on, in every process.
    """
    global _held
    held = _held
    if held is not None and held.number == stamp():
        return held
    with _lock:
        number = stamp()
        if _held is None or _held.number != number:
            _held = _read(number, _held.loaded_rules if _held else {})
        return _held


def held() -> Snapshot | None:
    """The configuration as it was last read, without asking whether it is still true; None before the first reading."""
    return _held


def forget() -> None:
    """Drop what is held; for tests, whose databases all count from the same number."""
    global _held
    with _lock:
        _held = None


def _read(number: int, known: Known) -> Snapshot:
    """The configuration at a moment that no change crosses, if one can be found in a few tries."""
    was_collecting = gc.isenabled()
    gc.disable()  # ten thousand rules are a hundred thousand objects, none of them garbage: collections double the time
    try:
        for _ in range(_READINGS):
            snapshot = _build(number, known)
            after = stamp()
            if after == number:
                break
            number = after
        return snapshot
    finally:
        if was_collecting:
            gc.enable()


def _build(number: int, known: Known) -> Snapshot:
    sources, targets = loading.load_sources(), loading.load_targets()
    projects, project_defaults = loading.load_projects(sources)
    source_defaults = loading.load_source_defaults(sources)
    mapping = loading.load_mapping()
    rules, silences = load_rules(sources, targets, known), loading.load_silences()
    content = ruleset_json(
        mapping=mapping,
        rules=[rule.json for rule in rules.values()],
        silences=[json for _, json in silences],
        source_defaults=source_defaults,
        project_defaults=project_defaults,
        targets=targets,
    )
    configuration = Configuration(
        version=sha256(content).hexdigest(),
        rules=tuple([rule.spec for rule in rules.values()]),
        severity=mapping,
        silences=tuple([spec for spec, _ in silences]),
        targets=targets,
        source_defaults=source_defaults,
        project_defaults=project_defaults,
    )
    return Snapshot(
        number=number,
        sources=sources,
        source_ids={source.name: source.id for source in sources.values()},
        keys=loading.load_keys(sources),
        targets=targets,
        addresses=loading.load_addresses(),
        projects=projects,
        rules=compile_configuration(configuration),
        loaded_rules=rules,
        content=content,
        guard=GUARD,
    )
