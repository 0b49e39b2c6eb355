"""How configuration that cannot be used is reported: where it stands, and what to do about it."""

from integrations.contract import Text


class SpecError(ValueError):
    """A part of the configuration is unusable. `path` names the place (`when[1].value`), `text` says what to do."""

    def __init__(self, path: str, text: Text) -> None:
        super().__init__(f"{path}: {text.en}" if path else text.en)
        self.path = path
        self.text = text


class ConditionError(SpecError):
    """The conditions of a rule or silence cannot be used."""


class WindowError(SpecError):
    """A weekly window or a time range cannot be used."""


class SeverityError(SpecError):
    """A severity mapping cannot be used."""
