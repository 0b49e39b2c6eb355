"""What every admin of the log shares: nobody writes, nothing is counted to the end."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from routing.admin.tables import TableOfList

COUNTED = 1_000
"""Rows that a list counts beyond the page it shows: a full count of a million rows takes seconds."""
DEEPEST = 10_000
"""Rows that can be paged through: the database reads all that stand before a page. Older ones are found by a filter."""

_TICK = "Select this object for an action - {}"
"""Django's own words, which it translates."""


class BoundedPaginator(Paginator):
    """A paginator that counts a thousand rows further than the page that is shown, and then stops."""

    bound = COUNTED

    @cached_property
    def count(self) -> int:
        """The number of rows, at most `bound`."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: self.bound].count()
        return len(rows)

    @property
    def is_cut(self) -> bool:
        """True where there may be more rows than were counted."""
        return self.count >= self.bound


class LogAdmin(TableOfList, admin.ModelAdmin):
    """A read-only admin: rows are written by the relay and removed by pruning."""

    change_list_template = "admin/routing/list.html"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions_on_bottom = True

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> BoundedPaginator:
        """One that counts further the further back somebody has paged."""
        paginator = BoundedPaginator(*args, **kwargs)
        asked = request.GET.get(PAGE_VAR, "1")
        page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
        paginator.bound = min(COUNTED * (page * paginator.per_page // COUNTED + 1), DEEPEST)
        return paginator

    def action_checkbox(self, obj: Any) -> SafeString:
        """The stock box without its form widget, whose template took a quarter of the time of a list."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            format_html(gettext(_TICK), obj),
        )

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


def named(choices: type[TextChoices], code: str) -> str:
    """What people call a code. The model's own way compares all names in all languages, for each cell of a list."""
    return str(choices(code).label) if code in choices.values else code
