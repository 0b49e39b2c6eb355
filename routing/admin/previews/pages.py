"""What every preview shares: the page, its drawn part, and the choices that steer it."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from integrations.contract import Severity
from integrations.registry import DESTINATIONS
from routing.admin.wording import worded
from routing.models import Severity as Severities
from routing.services.previews.rendering import Preview

TITLE = _("Preview")
PREFIX = "preview-"
"""Of the fields that steer a preview: they stand in forms that have fields of their own."""

PART = f"{PREFIX}part"
"""Posted by the script that shows the preview beside the form."""


class Shown(NamedTuple):
    """One target with what it would be told."""

    title: str
    severity: str
    severity_label: Any
    preview: Preview
    errors: list[tuple[str, str]]


class Previewing:
    """What every preview page shares."""

    admin_site: Any
    opts: Any

    def shown(self, target: str, severity: Severity | str, made: Preview) -> Shown:
        """A preview ready for its template."""
        labels = {field.name: worded(field.label) for field in DESTINATIONS[made.kind].fields}
        errors = [(labels.get(name, name), worded(text)) for name, text in made.errors.items()]
        return Shown(target, str(severity), Severities(severity).label, made, errors)

    def preview_page(self, request: HttpRequest, **context: Any) -> HttpResponse:
        """The whole page, or for the script its drawn part."""
        is_part = PART in request.POST
        shared = {} if is_part else {**self.admin_site.each_context(request), "title": TITLE, "opts": self.opts}
        template = "drawn" if is_part else "page"
        return TemplateResponse(request, f"admin/routing/preview/{template}.html", {**shared, **context})


def chosen_severity(given: QueryDict, usual: Severity) -> Severity:
    """The severity that is asked for, else the usual one."""
    asked = given.get(f"{PREFIX}severity", "")
    return Severity(asked) if asked in set(Severity) else usual


def wants_simple(given: QueryDict) -> bool:
    """True where the form after a refusal is asked for."""
    return bool(given.get(f"{PREFIX}simple"))
