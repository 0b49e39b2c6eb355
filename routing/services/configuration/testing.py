"""The routing tests of a document: its own rules decide, nothing is written, nothing is read but the payloads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from integrations.contract import DROP, MalformedPayload
from integrations.registry import SOURCES
from integrations.sentry.resources import RESOURCE_HEADER
from routing.policy.deciding import decide
from routing.policy.patterns import PatternGuard
from routing.policy.ruleset import CompiledRules, compile_configuration
from routing.policy.specs import Decision
from routing.services.configuration.document import Document, Item
from routing.services.configuration.policy_view import configuration_of


@dataclass(frozen=True, slots=True)
class Found:
    """What would happen to a payload."""

    reason: str
    severities: Mapping[str, str] = field(default_factory=dict)
    """Target -> severity, of those that would be told at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One test and what is wrong; `differences` is empty when it passes."""

    name: str
    differences: tuple[str, ...]


def run_tests(document: Document, *, folder: Path, now: datetime) -> list[Verdict]:
    """Decide every test of the document; paths are relative to `folder`. An unreadable payload fails its test."""
    rules = compile_configuration(configuration_of(document))
    return [_verdict(document, rules, test, index, folder, now) for index, test in enumerate(document.tests)]


def _verdict(document: Document, rules: CompiledRules, test: Item, index: int, folder: Path, now: datetime) -> Verdict:
    is_path = isinstance(test["payload"], str) and not test["payload"].lstrip().startswith("{")
    name = test["name"] or f"tests[{index}]" + (f" {test['payload']}" if is_path else "")
    try:
        found = _found(document, rules, test, _body(test["payload"], folder, is_path=is_path), now)
    except OSError as error:
        return Verdict(name, (f"payload: {error.strerror}: {error.filename}",))
    return Verdict(name, tuple(_differences(test["expect"], found)))


def _body(payload: str | dict[str, Any], folder: Path, *, is_path: bool) -> bytes:
    if isinstance(payload, dict):
        return orjson.dumps(payload)
    return (folder / payload).read_bytes() if is_path else payload.encode()


def _found(document: Document, rules: CompiledRules, test: Item, body: bytes, now: datetime) -> Found:
    source = document.sections["sources"].get(test["source"], {})
    headers = {RESOURCE_HEADER: test["resource"]} if test["resource"] else {}
    actions = frozenset(source.get("issue_actions", []))
    try:
        reading = SOURCES["sentry"].read(body, headers, test["source"], actions)
    except MalformedPayload:
        return Found("malformed")
    if reading.alert is None:
        return Found(reading.ignored)
    if reading.alert.is_resolved:
        return Found("recovery_without_firing")
    at = test["at"] or now
    decision = decide(reading.alert, source=test["source"], rules=rules, now=at, guard=PatternGuard())
    return _told(decision, rules)


def _told(decision: Decision, rules: CompiledRules) -> Found:
    if any(verdict.silence is not None for verdict in decision.verdicts):
        return Found("silenced")
    targets = rules.configuration.targets
    told = [item for item in decision.verdicts if targets[item.target].enabled and item.severity != DROP]
    return Found(decision.reason, {targets[item.target].name: str(item.severity) for item in told})


def _differences(expected: Item, found: Found) -> list[str]:
    differences = []
    if "targets" in expected and sorted(expected["targets"]) != sorted(found.severities):
        differences.append(f"targets: expected {_list(expected['targets'])}, got {_list(found.severities)}")
    severity = expected.get("severity")
    if isinstance(severity, str):
        wanted: Mapping[str, str] = dict.fromkeys(found.severities, severity) or {"any target": severity}
    else:
        wanted = severity or {}
    for name, value in wanted.items():
        if found.severities.get(name, DROP) != value:
            differences.append(f"severity for {name}: expected {value}, got {found.severities.get(name, DROP)}")
    if "reason" in expected and expected["reason"] != found.reason:
        differences.append(f"reason: expected {expected['reason']}, got {found.reason}")
    if differences and "reason" not in expected:
        differences.append(f"reason: {found.reason}")
    return differences


def _list(names: Any) -> str:
    return ", ".join(sorted(names)) or "nobody"
