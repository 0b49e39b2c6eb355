"""Every address that is made for people who log in, taken from the table of URLs, and where it is on the stage."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.urls import NoReverseMatch, get_resolver, reverse

from tests.routing.admin.matrix.stage import Stage
from tests.routing.admin.matrix.table import KINDS, PAGES, STOCK, Page

FOR_PEOPLE = ("admin/", "sandbox/")
"""What the paths of such pages begin with; what has no name there is called by machines."""


def registered() -> set[str]:
    """The names of all URLs of the admin, and of the pages that hang beside it."""
    return {name for path, name in _walk("", get_resolver().url_patterns) if path.startswith(FOR_PEOPLE)}


def _walk(before: str, patterns: Any) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(path, pattern.url_patterns)
        elif pattern.name:
            yield path, pattern.name


def page_of(name: str) -> Page | None:
    """The entry of the table for a URL; None where there is none."""
    if name in PAGES:
        return PAGES[name]
    model, page = _split(name)
    return Page(STOCK[KINDS[model]][page]) if model else None


def address(name: str, stage: Stage) -> str:
    """The path of a page, for the stage's things."""
    if name in PAGES:
        return path_of(name, PAGES[name].args(stage))
    model, page = _split(name)
    thing = stage.things[model]
    if page == "simple_history":
        return path_of(name, [thing.pk, stage.versions[model]])
    if page == "delete":
        thing = stage.spare.get(model, thing)
    is_of_one = page in {"change", "delete", "history"}
    return path_of(name, [thing.pk] if is_of_one else [])


def path_of(name: str, args: list[Any]) -> str:
    """The path of a URL of the admin, or of one beside it."""
    try:
        return reverse(f"{admin.site.name}:{name}", args=args)
    except NoReverseMatch:
        return reverse(name, args=args)


def _split(name: str) -> tuple[str, str]:
    """Model and page of a stock URL's name; two empty texts for one of our own."""
    _app, _, rest = name.partition("_")
    model, _, page = rest.partition("_")
    return (model, page) if page in STOCK.get(KINDS.get(model, ""), {}) else ("", "")
