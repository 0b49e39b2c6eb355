"""What every admin of the log shares: nobody writes, nothing is counted to the end."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from routing.admin.tables import TableOfList

COUNTED = 10_000
"""Rows that a list counts at most: a full count of a million rows takes seconds."""


class BoundedPaginator(Paginator):
    """A paginator that stops counting."""

    @cached_property
    def count(self) -> int:
        """The number of rows, at most COUNTED."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:COUNTED].count()
        return len(rows)


class LogAdmin(TableOfList, admin.ModelAdmin):
    """A read-only admin: rows are written by the relay and removed by pruning."""

    change_list_template = "admin/routing/list.html"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions_on_bottom = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


def state(code: str, label: Any) -> SafeString:
    """A state as a coloured word: the word says it, the colour only helps."""
    return format_html('<span class="state {}">{}</span>', code, label)
