"""Any list as a CSV file: the same columns under the same names, written while it is read, whatever its length."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from routing.policy.cells import cell, plain

TOGETHER = 500
"""Rows in memory at once."""
_NO_FILTER = (ALL_VAR, ORDER_VAR, PAGE_VAR, ERROR_FLAG)


def filters_of(request: HttpRequest) -> dict[str, str]:
    """What narrows a list, without what only orders or pages it."""
    return {name: str(value) for name, value in request.GET.items() if name not in _NO_FILTER}


class TableOfList:
    """Adds the file to an admin, and `list_tools`, which `admin/routing/list.html` shows; rows come newest first."""

    admin_site: Any
    opts: Any

    def list_tools(self, request: HttpRequest) -> list[tuple[str, Any]]:
        """The links above the list, each for what it shows: address and label."""
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_table")
        return [(f"{url}?{urlencode(filters_of(request))}", _("This list as CSV"))]

    def complete(self, rows: list[Any]) -> None:
        """Give rows what their columns need and the query did not bring; nothing by default."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list with its links."""
        context = {"list_tools": self.list_tools(request), **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[misc]

    def get_urls(self) -> list[URLPattern]:
        """The file before the stock pages."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_table"
        page = path("table.csv", self.admin_site.admin_view(self.table_view), name=name)
        return [page, *super().get_urls()]  # type: ignore[misc]

    def table_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list of the query string as a file."""
        model_admin: Any = self
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        try:
            listed = model_admin.get_changelist_instance(request)
        except IncorrectLookupParameters:
            model_admin.message_user(request, _("This list has a filter that cannot be used."), messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        now = timezone.localtime()
        name = f"{self.opts.model_name}-{now:%Y-%m-%d-%H%M%z}.csv"
        columns = [column for column in model_admin.get_list_display(request) if column != "action_checkbox"]
        return StreamingHttpResponse(
            _Table(self, listed.queryset, columns).parts(),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            },
        )


class _Table:
    """One file, in the language and zone of the page that asked for it, also after its request is over."""

    def __init__(self, model_admin: Any, rows: "QuerySet[Any]", columns: list[str]) -> None:
        self._admin, self._rows, self._columns = model_admin, rows.order_by("-pk"), columns
        self._language, self._zone = get_language() or "en", timezone.get_current_timezone()

    def parts(self) -> Iterator[bytes]:
        """The file in pieces; begins with the mark by which Excel knows UTF-8."""
        names = [str(label_for_field(name, self._admin.model, self._admin)) for name in self._columns]
        yield "\ufeff".encode() + _written([[cell(capfirst(name)) for name in names]])
        last = None
        while rows := list((self._rows if last is None else self._rows.filter(pk__lt=last))[:TOGETHER]):
            last = rows[-1].pk
            with override(self._language), timezone.override(self._zone):
                self._admin.complete(rows)
                part = _written([[self._cell(row, name) for name in self._columns] for row in rows])
            yield part

    def _cell(self, row: Any, name: str) -> str:
        field, _attribute, value = lookup_field(name, row, self._admin)
        choices = dict(getattr(field, "flatchoices", ()) or ())
        return cell(_text(choices.get(value, value)))


def _written(lines: list[list[str]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    return plain(value) if isinstance(value, SafeString) else str(value)
