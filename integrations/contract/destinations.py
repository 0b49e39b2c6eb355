"""Everything the application knows about one kind of target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from integrations.contract.messages import Message
from integrations.contract.text import Text
from integrations.contract.wire import OutboundRequest, Outcome, OutcomeKind, Response

Json: TypeAlias = Any


class ConfigError(ValueError):
    """A target's settings are unusable; `errors` maps a field's name to what to do about it."""

    def __init__(self, errors: Mapping[str, Text]) -> None:
        super().__init__("; ".join(f"{name}: {text.en}" for name, text in errors.items()))
        self.errors = dict(errors)


NO_HELP = Text("", "")

FieldType: TypeAlias = Literal["url", "secret", "text", "choice", "zone", "mentions", "limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One setting of a destination as data: the admin draws its form, the API and the file their schema, from these."""

    name: str
    type: FieldType
    label: Text
    help: Text = NO_HELP
    required: bool = False
    credential: bool = False
    """Kept encrypted, write-only in forms, masked everywhere."""
    default: Json = None
    choices: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a destination takes; 0 means no limit."""

    per_second: float = 0
    per_minute: float = 0


Settings: TypeAlias = Mapping[str, Json]
"""A target's checked settings: one flat mapping of field name to value, credentials included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Everything the application knows about one kind of target."""

    kind: str
    label: Text
    fields: tuple[Field, ...]
    hosts: frozenset[str]
    """The vendor's own hosts; any other needs the operator's explicit permission."""
    limits: Limits
    folds_storms: bool
    """True when waiting firings are folded into one digest rather than sent one by one for hours."""
    check: Callable[[Settings], Settings]
    """Normalise settings as an operator gave them; raises ConfigError."""
    address: Callable[[Settings], str]
    """The URL that messages go to: same address, same budget."""
    unsupported: Callable[[Message, Settings], bool]
    """True when this target in this mode cannot be told this message at all."""
    render: Callable[[Message, Settings, datetime, OutcomeKind | None], OutboundRequest]
    """(message, settings, now, simplification) -> request. `simplification` is None, or SIMPLIFY after a refusal."""
    interpret: Callable[[Response], Outcome]
    own_severity: Callable[[Settings], bool]
    """True when our severity mapping reaches this target; False when the other side decides by its own table."""
    unsigned: Callable[[Settings], Settings]
    """The same settings with a stand-in for every credential, present or not: what is rendered by them looks the same,
    and neither signs nor reaches anything."""

    def complete(self, stored: Settings) -> Settings:
        """Stored settings with the default of every field that is missing: an empty credential is not stored, and a
        setting that came with an upgrade was not there to be stored."""
        return {**{field.name: field.default for field in self.fields}, **stored}
