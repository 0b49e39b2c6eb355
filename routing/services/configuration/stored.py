"""The stored configuration in the words of the document, with its rows. Sorted here: databases sort text each its own way."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from django.db.models import Model

from routing.models import ClientSecret, HookKey, Project, Rule, SeverityMapping, Silence, Source, Target
from routing.selectors.configuration import stamp
from routing.services.configuration.document import Item
from routing.services.configuration.secret_text import SecretText
from routing.services.configuration.sections import SECTIONS


@dataclass(slots=True, kw_only=True)
class Stored:
    """Everything as of one configuration stamp."""

    number: int
    items: dict[str, dict[str, Item]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    rows: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    severity: dict[str, str] = field(default_factory=dict)
    operations_target: str | None = None

    def add(self, section: str, name: str, row: Model, item: Item) -> None:
        """Take in one object."""
        self.items[section][name] = item
        self.rows[section][name] = row


_ALL = frozenset(SECTIONS)


def load(sections: frozenset[str] = _ALL) -> Stored:
    """The stored configuration, or some sections of it, in a dozen queries at most.

    Raises UnsealingError where FIELD_KEYS open a secret no more.
    """
    stored = Stored(number=stamp())
    names: dict[int, str] = dict(Target.objects.values_list("pk", "name"))
    readers = {"targets": _targets, "sources": _sources, "projects": _projects, "rules": _rules, "silences": _silences}
    for section in sections:
        readers[section](stored, names)
    stored.operations_target = Target.objects.filter(is_operations=True).values_list("name", flat=True).first()
    rows = SeverityMapping.objects.order_by("sentry_status", "level")
    stored.severity = {row.key: row.severity for row in rows}
    return stored


def is_there(section: str, name: str) -> bool:
    """Whether a section has an object of this name; a project's is `source/slug`."""
    if section == "projects":
        source, _slash, slug = name.rpartition("/")
        return Project.objects.filter(source__name=source, slug=slug).exists()
    models: dict[str, Any] = {"sources": Source, "targets": Target, "rules": Rule, "silences": Silence}
    return bool(models[section].objects.filter(name=name).exists())


def _targets(stored: Stored, names: dict[int, str]) -> None:
    for row in sorted(Target.objects.all(), key=attrgetter("name")):
        item: Item = {
            "name": row.name,
            "title": row.title,
            "kind": row.kind,
            "enabled": row.enabled,
            "fallback": names.get(row.fallback_id or 0),
            "fallback_after_minutes": row.fallback_after_minutes,
            **row.options,
            **{name: SecretText(sealed.open(), sealed.token) for name, sealed in row.credentials.items()},
        }
        stored.add("targets", row.name, row, item)


def _sources(stored: Stored, names: dict[int, str]) -> None:
    keys = _secrets((row.source_id, row.key) for row in HookKey.objects.filter(retired_at=None).order_by("id"))
    secrets = _secrets(
        (row.source_id, row.secret) for row in ClientSecret.objects.filter(retired_at=None).order_by("id")
    )
    defaults = _links(Source.default_targets.through, "source_id", names)
    for row in sorted(Source.objects.all(), key=attrgetter("name")):
        item: Item = {
            "name": row.name,
            "title": row.title,
            "hook_keys": keys[row.pk],
            "client_secrets": secrets[row.pk],
            "accept_unsigned": row.accept_unsigned,
            "issue_actions": list(row.issue_actions),
            "default_targets": defaults[row.pk],
            "silence_after_minutes": row.silence_after_minutes,
        }
        stored.add("sources", row.name, row, item)


def _projects(stored: Stored, names: dict[int, str]) -> None:
    defaults = _links(Project.default_targets.through, "project_id", names)
    rows = Project.objects.select_related("source")
    for row in sorted(rows, key=attrgetter("source.name", "slug")):
        item: Item = {
            "source": row.source.name,
            "slug": row.slug,
            "title": row.title,
            "sentry_id": row.sentry_id,
            "default_targets": defaults[row.pk],
            "silence_after_minutes": row.silence_after_minutes,
        }
        stored.add("projects", f"{row.source.name}/{row.slug}", row, item)


def _rules(stored: Stored, names: dict[int, str]) -> None:
    told = _links(Rule.targets.through, "rule_id", names)
    for row in Rule.objects.select_related("source").order_by("position", "id"):
        item: Item = {
            "name": row.name,
            "enabled": row.enabled,
            "source": row.source.name if row.source else None,
            "project": row.project,
            "when": row.when,
            "severity": dict(sorted(row.severity.items())),
            "targets": told[row.pk],
            "continue": row.continues,
            "repeat_minutes": row.repeat_minutes,
            "active": row.active,
        }
        stored.add("rules", row.name, row, item)


def _silences(stored: Stored, _names: dict[int, str]) -> None:
    for row in Silence.objects.order_by("id"):
        item: Item = {
            "name": row.name,
            "when": row.when,
            "from": row.starts_at,
            "to": row.ends_at,
            "weekly": row.weekly,
            "reason": row.reason,
            "summary": row.summary,
        }
        stored.add("silences", row.name, row, item)


def _secrets(rows: Iterable[tuple[int, Any]]) -> defaultdict[int, list[SecretText]]:
    found: defaultdict[int, list[SecretText]] = defaultdict(list)
    for source, sealed in rows:
        found[source].append(SecretText(sealed.open(), sealed.token))
    return found


def _links(through: type[Model], owner: str, names: dict[int, str]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row, target in through._default_manager.values_list(owner, "target_id"):
        if target in names:
            found[row].append(names[target])
    for told in found.values():
        told.sort()
    return found
