"""The one way in which configured objects are named."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME = RegexValidator(
    r"\A[\w][\w .:/@+-]{0,99}\Z",
    _("Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all)."),
)


def name_field() -> "models.CharField[str, str]":
    """A stable, unique name by which the configuration file and the API find an object."""
    return models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        validators=[NAME],
        help_text=_("Stable: the configuration file and the API find it by this name. The title is free."),
    )
