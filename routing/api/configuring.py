"""Between a call that changes one configured object and the service that applies documents."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import orjson
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request

from routing.api.acting import actor
from routing.fields import UnsealingError
from routing.services.configuration.applying import apply
from routing.services.configuration.comparing import Changes, compare
from routing.services.configuration.document import VERSION, Document, Item, parse
from routing.services.configuration.exporting import plain_item
from routing.services.configuration.problems import ConfigurationError
from routing.services.configuration.reading import read_plain
from routing.services.configuration.stored import Stored, load


class Exists(APIException):
    """An object of that name is there, and it is another one; or something is in the way."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Changed(APIException):
    """The object is no longer the one that If-Match names."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "changed"


class Unreadable(APIException):
    """FIELD_KEYS open the stored secrets no more."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unreadable"


def read(section: str) -> Stored:
    """One section as stored; raises Unreadable."""
    try:
        return load(frozenset([section]))
    except UnsealingError as error:
        raise Unreadable(str(error)) from error


def find(section: str, name: str) -> Item:
    """One object as stored; raises NotFound."""
    item = read(section).items[section].get(name)
    if item is None:
        raise NotFound
    return item


def etag(section: str, item: Item) -> str:
    """The version of an object: another for every change, that of a secret included."""
    return etag_of(plain_item(section, item, masked=False))


def etag_of(shown: Mapping[str, Any]) -> str:
    """The version of a value."""
    return f'"{sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]}"'


def document_of(section: str, given: Mapping[str, Any]) -> Document:
    """One object as a document; raises ValidationError by field."""
    try:
        return parse(read_plain({"version": VERSION, section: [dict(given)]}))
    except ConfigurationError as error:
        raise by_field(error, section) from error


def by_field(error: ConfigurationError, section: str) -> ValidationError:
    """The problems by field, in the language of the call."""
    language = get_language() or "en"
    found: dict[str, list[str]] = {}
    for problem in error.problems:
        path = problem.path.removeprefix(f"{section}[0]").lstrip(".") or "detail"
        found.setdefault(path, []).append(problem.text.in_language(language))
    return ValidationError(found)


def write(
    document: Document, *, section: str, request: Request, precondition: Callable[[Stored], None]
) -> tuple[Changes, Stored]:
    """Apply a document of one object in the name of the call's token; returns what changed, and what was before."""
    before: list[Stored] = []

    def check(stored: Stored) -> None:
        before.append(stored)
        precondition(stored)

    try:
        changes = apply(document, actor=actor(request), keep_order=True, exact_keys=True, precondition=check)
    except ConfigurationError as error:
        raise by_field(error, section) from error
    except UnsealingError as error:
        raise Unreadable(str(error)) from error
    return changes, before[-1]


def unless_other(document: Document, section: str, name: str) -> Callable[[Stored], None]:
    """Refuse to create what is there with other content."""

    def check(stored: Stored) -> None:
        if name in stored.items[section] and compare(document, stored, prune=False, keep_order=True, exact_keys=True):
            raise Exists(_("There is one of this name with other content. Change it with PUT or PATCH."))

    return check


def if_match(request: Request, section: str, name: str, *, must_exist: bool) -> Callable[[Stored], None]:
    """Refuse to change what is not the version that If-Match names."""
    wanted = request.headers.get("If-Match", "").strip()

    def check(stored: Stored) -> None:
        item = stored.items[section].get(name)
        if item is None:
            if must_exist:
                raise NotFound
            if wanted:
                raise Changed(_("There is none of this name."))
        else:
            unless_changed(request, etag(section, item))

    return check


def unless_changed(request: Request, current: str) -> None:
    """Go on when If-Match names the current version, or none; raises Changed."""
    wanted = request.headers.get("If-Match", "").strip()
    if wanted not in ("", "*") and current not in [tag.strip() for tag in wanted.split(",")]:
        raise Changed(_("It was changed since you read it. Read it again."))


def named(section: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The object with the name of its address; raises ValidationError where it says another."""
    source, _slash, slug = name.rpartition("/")
    own = {"source": source, "slug": slug} if section == "projects" else {"name": name}
    item = {**own, **given}
    if any(item[key] != value for key, value in own.items()):
        key = next(key for key, value in own.items() if item[key] != value)
        raise ValidationError({key: [_("Not the name in the address. A name is stable; the title is free.")]})
    return item
