"""What every admin of configured objects shares: history with diff and restore."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import CheckboxSelectMultiple
from django.http import HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from routing.admin.forms.moments import LABELLED_MOMENTS


class ConfigurationAdmin(SimpleHistoryAdmin):  # type: ignore[misc]
    """An admin whose changes are kept with who, when and what, and can be restored."""

    formfield_overrides = LABELLED_MOMENTS
    show_full_result_count = False
    save_on_top = False

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

    def history_form_view(
        self, request: Any, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """An earlier version; restoring it is a change, and asks for that permission."""
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        response: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
        return response
