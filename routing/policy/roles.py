"""Which role somebody has who signs in with groups of another house."""

from collections.abc import Iterable, Mapping

ROLES = ("viewer", "operator", "administrator")
"""The groups of accounts, the one that may do most last."""


def role_of(groups: Iterable[str], of_role: Mapping[str, Iterable[str]], default: str) -> str:
    """The highest role that any of the groups has, else `default`; empty when there is none."""
    theirs = set(groups)
    found = [role for role in ROLES if theirs & set(of_role.get(role, ()))]
    return found[-1] if found else default


def values_of(claims: Iterable[str], told: Mapping[str, object]) -> list[str]:
    """The groups among what a provider tells of somebody: texts and lists of texts under the named claims."""
    found: list[str] = []
    for claim in claims:
        value = told.get(claim)
        values = value if isinstance(value, list) else [value]
        found += [text for text in values if isinstance(text, str) and text]
    return found
