"""The keys of every section of a configuration document, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.registry import DESTINATIONS
from routing.services.configuration import values
from routing.services.configuration.values import Reader


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an object."""

    name: str
    read: Reader
    default: Any = None
    required: bool = False
    kept: bool = False
    """True where leaving it out keeps what is stored, instead of meaning the default."""
    secret: bool = False


NAMES = values.sorted_listing(values.name)

SOURCES = (
    Key("name", values.name, required=True),
    Key("title", values.text(200), ""),
    Key("hook_keys", values.listing(values.hook_key), kept=True, secret=True),
    Key("client_secrets", values.listing(values.secret), kept=True, secret=True),
    Key("accept_unsigned", values.flag, False),
    Key("issue_actions", values.listing(values.issue_action), []),
    Key("default_targets", NAMES, []),
    Key("silence_after_minutes", values.optional(values.number())),
)
PROJECTS = (
    Key("source", values.name, required=True),
    Key("slug", values.slug, required=True),
    Key("title", values.text(200), "", kept=True),
    Key("sentry_id", values.optional(values.number(values.MAX_SENTRY_ID)), kept=True),
    Key("default_targets", NAMES, []),
    Key("silence_after_minutes", values.optional(values.number())),
)
TARGETS = (
    Key("name", values.name, required=True),
    Key("title", values.text(200), ""),
    Key("kind", values.kind, required=True),
    Key("enabled", values.flag, True),
    Key("fallback", values.optional_name),
    Key("fallback_after_minutes", values.optional(values.number())),
)
"""The settings of a target's kind stand beside these keys."""
RULES = (
    Key("name", values.name, required=True),
    Key("enabled", values.flag, True),
    Key("source", values.optional_name),
    Key("project", values.text(200), ""),
    Key("when", values.when, []),
    Key("severity", values.overlay, {}),
    Key("targets", NAMES, []),
    Key("continue", values.flag, False),
    Key("repeat_minutes", values.number(), 0),
    Key("active", values.window),
)
SILENCES = (
    Key("name", values.name, required=True),
    Key("when", values.when, []),
    Key("from", values.moment),
    Key("to", values.moment),
    Key("weekly", values.window),
    Key("reason", values.text(500), ""),
    Key("summary", values.flag, True),
)
TESTS = (
    Key("name", values.text(200), ""),
    Key("payload", values.payload, required=True),
    Key("source", values.name, required=True),
    Key("resource", values.text(64), ""),
    Key("at", values.moment),
    Key("expect", values.expectation, required=True),
)
SECTIONS: Mapping[str, tuple[Key, ...]] = {
    "sources": SOURCES,
    "projects": PROJECTS,
    "targets": TARGETS,
    "rules": RULES,
    "silences": SILENCES,
}
"""What is stored, in the order in which it is written."""

TOP_LEVEL = ("version", "operations_target", "severity", *SECTIONS, "tests")


def keys_of(section: str, item: Mapping[str, Any]) -> tuple[Key, ...]:
    """The keys that an object of a section may have; a target's depend on its kind."""
    if section != "targets":
        return TESTS if section == "tests" else SECTIONS[section]
    destination = DESTINATIONS.get(str(item.get("kind")))
    return (*TARGETS, *_settings(destination.kind)) if destination else TARGETS


def _settings(kind: str) -> tuple[Key, ...]:
    """A kind's settings as keys: read by the kind itself, once the stored secrets are at hand."""
    return tuple(
        Key(
            field.name,
            values.credential if field.credential else values.anything,
            default=field.default,
            kept=field.credential,
            secret=field.credential,
        )
        for field in DESTINATIONS[kind].fields
    )


def identity(section: str, item: Mapping[str, Any]) -> str:
    """What an object is found by: its name, for a project `source/slug`."""
    return f"{item['source']}/{item['slug']}" if section == "projects" else str(item["name"])
