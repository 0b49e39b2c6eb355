"""Configured objects over HTTP, found by name: the same words, checks and effects as the configuration file."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from routing.api import choosing, configuring, filtering
from routing.api.pagination import page_size_of
from routing.api.parsing import BoundedJSONParser
from routing.api.throttling import TokenThrottle
from routing.selectors.snapshot import HOOK_SOURCE
from routing.services.configuration.document import VERSION, Document, Item, parse
from routing.services.configuration.exporting import plain_item
from routing.services.configuration.problems import ConfigurationError
from routing.services.configuration.reading import read_plain
from routing.services.configuration.stored import Stored
from routing.services.setup.sources import address_of

PAGE = 50
READ_ONLY = frozenset({"hook_urls"})


class SectionView(APIView):
    """What the views of one section share."""

    section: ClassVar[str] = ""
    throttle_classes = (TokenThrottle,)
    parser_classes = (BoundedJSONParser,)

    def given(self, request: Request) -> dict[str, Any]:
        """The object that the call brings, without what is only ever read; raises ValidationError."""
        if not isinstance(request.data, dict):
            raise ValidationError({"detail": [_("Send one JSON object.")]})
        return {str(key): value for key, value in request.data.items() if key not in READ_ONLY}

    def shown(self, item: Item) -> dict[str, Any]:
        """An object as the API shows it: every key, secrets masked."""
        return plain_item(self.section, item, masked=True, full=True)

    def answer(self, item: Item, code: int = status.HTTP_200_OK, **more: Any) -> Response:
        """An object with its version."""
        headers = {"ETag": configuring.etag(self.section, item)}
        return Response({**self.shown(item), **more}, status=code, headers=headers)


class SectionList(SectionView):
    """All objects of a section, and new ones."""

    def get(self, request: Request) -> Response:
        """A page of them: rules in their order, the others by name, the newest silence first."""
        items = list(configuring.read(self.section).items[self.section].values())
        if self.section == "silences":
            items.reverse()
        items = choosing.chosen(self.section, items, filtering.asked(request), timezone.now())
        start, size = self._start(request), page_size_of(request, PAGE) or PAGE
        page = [self.shown(item) for item in items[start : start + size]]
        following = self._page_url(request, start + size, size) if start + size < len(items) else None
        before = self._page_url(request, max(start - size, 0), size) if start else None
        return Response({"results": page, "next": following, "previous": before})

    def post(self, request: Request) -> Response:
        """Create one. The same again is answered with 200, another of the same name with 409."""
        document = configuring.document_of(self.section, self.given(request))
        name = next(iter(document.sections[self.section]))
        check = configuring.unless_other(document, self.section, name)
        _changes, before = configuring.write(document, section=self.section, request=request, precondition=check)
        item = configuring.find(self.section, name)
        if name in before.items[self.section]:
            return self.answer(item)
        return self.answer(item, status.HTTP_201_CREATED, **self._once(item))

    def _page_url(self, request: Request, start: int, size: int) -> str:
        """The address of another page of the same question."""
        asked = {**request.query_params.dict(), "cursor": str(start), "page_size": str(size)}
        return f"{request.build_absolute_uri(request.path)}?{urlencode(asked)}"

    def _once(self, item: Item) -> dict[str, Any]:
        """What only the answer to the creation tells."""
        return {"hook_urls": [address_of(str(key)) for key in item["hook_keys"]]} if self.section == "sources" else {}

    def _start(self, request: Request) -> int:
        text = request.query_params.get("cursor") or "0"
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValidationError({"cursor": [_("Use a cursor from `next` or `previous`.")]})
        return int(text)


class SectionObject(SectionView):
    """One object of a section."""

    def get(self, request: Request, name: str) -> Response:
        """As it is stored, secrets masked; its version is the ETag."""
        return self.answer(configuring.find(self.section, name))

    def put(self, request: Request, name: str) -> Response:
        """Make it what is sent; what is left out has its default, secrets stay. Creates it where there is none."""
        return self._write(request, name, self.given(request), must_exist=False)

    def patch(self, request: Request, name: str) -> Response:
        """Change the keys that are sent."""
        kept = self.shown(configuring.find(self.section, name))
        return self._write(request, name, {**kept, **self.given(request)}, must_exist=True)

    def delete(self, request: Request, name: str) -> Response:
        """Remove it; refused with 409 while others refer to it."""
        if self.section == "sources" and name == HOOK_SOURCE:
            raise configuring.Exists(_("The source of /hook stays."))
        document = Document(removed={self.section: {name}})
        check = configuring.if_match(request, self.section, name, must_exist=True)
        try:
            configuring.write(document, section=self.section, request=request, precondition=check)
        except ValidationError as error:
            raise configuring.Exists(error.detail) from error
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _write(self, request: Request, name: str, given: dict[str, Any], *, must_exist: bool) -> Response:
        document = configuring.document_of(self.section, configuring.named(self.section, name, given))
        check = configuring.if_match(request, self.section, name, must_exist=must_exist)
        _changes, before = configuring.write(document, section=self.section, request=request, precondition=check)
        is_new = name not in before.items[self.section]
        return self.answer(
            configuring.find(self.section, name), status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        )


class SettingsView(SectionView):
    """The operations target and the default severity mapping."""

    def get(self, request: Request) -> Response:
        """As they are; their version is the ETag."""
        stored = configuring.read("targets")
        return Response(_settings(stored), headers={"ETag": configuring.etag_of(_settings(stored))})

    def patch(self, request: Request) -> Response:
        """Change what is sent; severities that are not sent stay."""
        try:
            document = parse(read_plain({"version": VERSION, **self._known(request)}))
        except ConfigurationError as error:
            raise configuring.by_field(error, "") from error

        def check(stored: Stored) -> None:
            configuring.unless_changed(request, configuring.etag_of(_settings(stored)))

        configuring.write(document, section="", request=request, precondition=check)
        return self.get(request)

    def _known(self, request: Request) -> dict[str, Any]:
        given = self.given(request)
        unknown = {
            key: [_("There is no such setting.")] for key in given if key not in ("operations_target", "severity")
        }
        if unknown:
            raise ValidationError(unknown)
        return given


def _settings(stored: Stored) -> dict[str, Any]:
    return {"operations_target": stored.operations_target, "severity": stored.severity}
