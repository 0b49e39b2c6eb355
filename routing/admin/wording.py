"""Sentences of integrations and policy in the language of the page."""

from django.utils.translation import get_language

from integrations.contract import Text


def worded(text: Text) -> str:
    """The sentence in the active language."""
    return text.in_language(get_language() or "en")
