"""Weekly windows in forms: days, from, to and zone, for active hours of rules and weekly silences."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from routing.admin.wording import worded
from routing.policy.errors import WindowError
from routing.policy.window_json import DAYS, parse_window, window_to_json

DAY_LABELS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


class WindowWidget(forms.MultiWidget):
    """Four inputs in a line."""

    template_name = "routing/forms/window.html"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(
            {
                "days": forms.CheckboxSelectMultiple(choices=list(zip(DAYS, DAY_LABELS, strict=True))),
                "from": forms.TextInput({"placeholder": "09:00", "size": 6, "aria-label": _("from")}),
                "to": forms.TextInput({"placeholder": "18:00", "size": 6, "aria-label": _("to")}),
                "timezone": forms.TextInput(
                    {"placeholder": settings.TIME_ZONE, "size": 20, "aria-label": _("time zone")}
                ),
            },
            attrs,
        )

    def decompress(self, value: Any) -> list[Any]:
        """The inputs of a stored window."""
        if not isinstance(value, dict):
            return [[], "", "", ""]
        return [value.get("days", []), value.get("from", ""), value.get("to", ""), value.get("timezone", "")]


class WindowField(forms.Field):
    """A weekly window, or None when nothing is filled in."""

    widget = WindowWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        super().__init__(**{**kwargs, "required": False})

    def clean(self, value: Any) -> dict[str, Any] | None:
        """The canonical window; raises ValidationError."""
        days, start, end, timezone = value if isinstance(value, list) else ([], "", "", "")
        if not (days or start or end):
            return None
        given = {"days": days or None, "from": start or None, "to": end or None, "timezone": timezone or None}
        try:
            window = parse_window(given, str(self.label or ""), default_timezone=settings.TIME_ZONE)
        except WindowError as error:
            raise forms.ValidationError(f"{error.path}: {worded(error.text)}") from error
        return window_to_json(window) if window else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """True when the window would be another."""
        try:
            return bool(self.clean(data) != initial)
        except forms.ValidationError:
            return True
