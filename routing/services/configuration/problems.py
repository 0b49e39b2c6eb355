"""What is wrong with a configuration document: every place at once, each with what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.contract import Text


@dataclass(frozen=True, slots=True)
class Problem:
    """One unusable place: its path (`rules[0].when[1].value`), its line where there is a file, what to do about it."""

    path: str
    text: Text
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.text.en}" if self.path else self.text.en


class ConfigurationError(Exception):
    """The document cannot be used, and nothing was written; `problems` says why, in the document's order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class Unusable(Exception):  # noqa: N818 - says what the value is
    """One value cannot be used; `path` is relative to the value."""

    def __init__(self, text: Text, path: str = "") -> None:
        super().__init__(text.en)
        self.text = text
        self.path = path


def joined(path: str, part: str) -> str:
    """A path with one part more; list positions go on without a dot."""
    if not path or not part:
        return path or part
    return path + part if part.startswith("[") else f"{path}.{part}"
