"""What every admin of configured objects shares: history with diff and restore."""

from typing import Any

from simple_history.admin import SimpleHistoryAdmin


class ConfigurationAdmin(SimpleHistoryAdmin):  # type: ignore[misc]
    """An admin whose changes are kept with who, when and what, and can be restored."""

    show_facets = 0
    show_full_result_count = False
    save_on_top = False

    def get_actions(self, request: Any) -> Any:
        """Without the stock bulk delete: configuration is removed one at a time, with its uses shown."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions
