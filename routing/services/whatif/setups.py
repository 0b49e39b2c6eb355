"""The saved configuration, and the same with changes that are not saved, ready to be simulated."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from integrations.contract import Alert, Destination, Limits, Listing, Message, MessageType, Settings, Severity, Text
from integrations.registry import DESTINATIONS
from routing.models import Silence
from routing.policy.cases import Place, Setup
from routing.policy.ruleset import compile_configuration
from routing.policy.specs import Configuration, TargetSpec
from routing.selectors.known_targets import limits_of
from routing.selectors.loading import load_silences
from routing.selectors.snapshot import Snapshot
from routing.services.configuration.comparing import Changes
from routing.services.configuration.document import Item
from routing.services.setup.targets import address_digest
from routing.services.whatif.editing import edited

_SUMMARY = Message(
    type=MessageType.SUMMARY, severity=Severity.WARNING, alert_key="", listing=Listing(title=Text("", ""))
)


def saved_setup(snapshot: Snapshot, since: datetime) -> Setup:
    """What is saved, with the silences that ended since that moment, for they held back what came before."""
    silences = tuple([spec for spec, _ in load_silences(since)])
    budgets = {target: digest for (_, digest), targets in snapshot.addresses.items() for target in targets}
    places = [
        _place(entry, entry.options, entry.settings, budget=budgets.get(entry.id, ""))
        for entry in snapshot.targets.values()
    ]
    return _setup(
        replace(snapshot.rules.configuration, silences=silences),
        {place.name: place for place in places},
        frozenset(Silence.objects.filter(summary=False).values_list("name", flat=True)),
    )


def edited_setup(saved: Setup, changes: Changes) -> Setup:
    """What would be saved after the changes."""
    places = dict(saved.places)
    for change in changes.of("targets"):
        places.pop(change.name, None)
        if change.after is not None:
            places[change.name] = _place_of(change.after)
    quiet = set(saved.without_summary)
    for change in changes.of("silences"):
        quiet.discard(change.name)
        if change.after is not None and not change.after["summary"]:
            quiet.add(change.name)
    return _setup(edited(saved.rules.configuration, changes), places, frozenset(quiet))


def _setup(configuration: Configuration, places: Mapping[str, Place], without_summary: frozenset[str]) -> Setup:
    return Setup(
        rules=compile_configuration(configuration),
        bare=compile_configuration(replace(configuration, rules=())),
        places=places,
        without_summary=without_summary,
    )


def _place_of(item: Item) -> Place:
    kind = DESTINATIONS[item["kind"]]
    settings = kind.complete({field.name: item[field.name] for field in kind.fields if field.name in item})
    target = TargetSpec(id=0, name=item["name"], kind=item["kind"], enabled=item["enabled"])
    return _place(target, settings, settings, budget=address_digest(item["kind"], settings))


def _place(target: TargetSpec, options: Settings, settings: Settings | None, *, budget: str) -> Place:
    """A target for the simulation; where its settings or its kind are not known, nothing is forbidden."""
    kind = DESTINATIONS.get(target.kind)
    if kind is None or any(field.required and not (settings or {}).get(field.name) for field in kind.fields):
        settings = None
    return Place(
        name=target.name,
        kind=target.kind,
        enabled=target.enabled,
        limits=limits_of(options, kind) if kind else Limits(),
        budget=budget or target.name,
        can_be_told=partial(_can_be_told, kind, settings),
        can_be_summed_up=kind is None or settings is None or not kind.unsupported(_SUMMARY, settings),
    )


def _can_be_told(kind: Destination | None, settings: Settings | None, alert: Alert) -> bool:
    message = Message(type=MessageType.ALERT, severity=Severity.WARNING, alert_key=alert.alert_key, alert=alert)
    return kind is None or settings is None or not kind.unsupported(message, settings)
