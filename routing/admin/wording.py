"""Sentences of integrations and policy in the language of the page."""

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from integrations.contract import Text

UNOPENED = _("A stored secret cannot be opened: none of the keys in FIELD_KEYS fits. Add the key it was sealed with.")
"""What an UnsealingError says, in the language of the page."""


def worded(text: Text) -> str:
    """The sentence in the active language."""
    return text.in_language(get_language() or "en")
