"""Sentences for people, in every language the product speaks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence for people, in the two languages the product speaks."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The sentence for a language tag such as `zh-hans` or `en`; English where the tag is unknown."""
        return self.zh if language.lower().startswith("zh") else self.en
