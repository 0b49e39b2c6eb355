"""Date and time inputs that say which is which."""

from typing import Any

from django.contrib.admin.widgets import AdminSplitDateTime
from django.db import models
from django.forms import SplitDateTimeField
from django.utils.translation import gettext_lazy as _


class LabelledMoment(AdminSplitDateTime):
    """The stock two inputs, each with a label."""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        for widget, label in zip(self.widgets, (_("date"), _("time")), strict=True):
            widget.attrs["aria-label"] = label


LABELLED_MOMENTS: dict[Any, Any] = {
    models.DateTimeField: {"form_class": SplitDateTimeField, "widget": LabelledMoment},
}
