"""How lists are cut into pages."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """50 a page, newest first, by cursor: a page stays the same while new rows come in, and nothing is counted."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200
