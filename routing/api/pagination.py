"""How lists are cut into pages."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class NewestFirst(CursorPagination):
    """50 a page, newest first, by cursor: a page stays the same while new rows come in, and nothing is counted."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """Where the page begins; raises ValidationError that names the cursor."""
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise ValidationError({"cursor": [_("Use a cursor from `next` or `previous`.")]}) from error
