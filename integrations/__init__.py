"""Translators between the neutral words of `contract` and the vendors' own: no Django, no database, no clock."""
