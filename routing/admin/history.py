"""What every admin of configured objects shares: history with readable differences, and restoring with a preview."""

from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from routing.admin.acting import acting_user
from routing.admin.changes import changes
from routing.admin.forms.moments import LABELLED_MOMENTS
from routing.services.setup.restoring import restore


class ConfigurationAdmin(SimpleHistoryAdmin):  # type: ignore[misc]
    """An admin whose changes are kept with who, when and what, and can be restored."""

    formfield_overrides = LABELLED_MOMENTS
    show_full_result_count = False
    save_on_top = False
    object_history_template = "admin/routing/history/page.html"
    object_history_list_template = "admin/routing/history/list.html"

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Checkboxes: there are few targets, and everybody can use them."""
        field = super().formfield_for_manytomany(db_field, request, widget=CheckboxSelectMultiple(), **kwargs)
        field.help_text = db_field.help_text
        return field

    def get_actions(self, request: Any) -> Any:
        """Without the stock bulk delete: configuration is removed one at a time, with its uses shown."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def set_history_delta_changes(self, request: HttpRequest, historical_records: Any, *_args: Any) -> None:
        """Give each version what it changed, in words."""
        for newer, older in pairwise(historical_records):
            newer.history_delta_changes = list(changes(older, newer))

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """GET: what restoring this version would change. POST: restore it."""
        record = get_object_or_404(
            self.model.history.model, **{self.opts.pk.attname: object_id, "history_id": version_id}
        )
        latest = self.model.history.filter(**{self.opts.pk.attname: object_id}).latest()
        if not self.has_view_permission(request, record.instance):
            raise PermissionDenied
        may_restore = self.has_change_permission(request, record.instance)
        if request.method == "POST":
            if not may_restore:
                raise PermissionDenied
            return self._restore(request, record)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Restore this version?"),
            "opts": self.opts,
            "record": record,
            "changes": list(changes(latest, record)),
            "may_restore": may_restore and latest.history_type != "-",
            "history_url": self._url("history", object_id),
        }
        return TemplateResponse(request, "admin/routing/history/version.html", context)

    def _restore(self, request: HttpRequest, record: Any) -> HttpResponse:
        try:
            restore(record, actor=acting_user(request))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(request.path)
        except ObjectDoesNotExist:
            self.message_user(request, _("It was deleted, so nothing can be restored to it."), messages.ERROR)
            return HttpResponseRedirect(request.path)
        self.message_user(request, _("Restored. The next webhook uses it."), messages.SUCCESS)
        return HttpResponseRedirect(self._url("history", record.instance.pk))

    def _url(self, name: str, object_id: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=[object_id])
