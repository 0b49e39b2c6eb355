"""How lists are cut into pages."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

MOST = 200
"""Rows on one page."""


def page_size_of(request: Request, default: int | None) -> int | None:
    """How many rows the call wants on a page, `default` where it does not say; raises ValidationError that names it."""
    text = request.query_params.get("page_size", "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST):
        raise ValidationError({"page_size": [_("Use a number from 1 to %(most)s.") % {"most": MOST}]})
    return int(text)


class NewestFirst(CursorPagination):
    """50 a page, newest first, by cursor: a page stays the same while new rows come in, and nothing is counted."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = MOST

    def get_page_size(self, request: Request) -> int | None:
        """How many rows a page has; raises ValidationError that names the parameter."""
        return page_size_of(request, self.page_size)

    def decode_cursor(self, request: Request) -> Any:
        """Where the page begins; raises ValidationError that names the cursor."""
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise ValidationError({"cursor": [_("Use a cursor from `next` or `previous`.")]}) from error

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The paging of the lists for the API's description, with the bounds of `page_size`."""
        found: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in found:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": MOST}
        return found
