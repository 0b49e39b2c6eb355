"""What pages show of values from outside, of stable codes, and of times."""

from datetime import datetime
from urllib.parse import quote, urlsplit

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from integrations.registry import DESTINATIONS
from routing.codes import name_of_model, words
from routing.reasons import wording

register = template.Library()


@register.filter
def is_web_link(url: str | None) -> bool:
    """True for an absolute http or https address: what strangers put into an event may be anything."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


@register.filter
def listed(value: object) -> str:
    """A list as people write one; anything else as it is."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@register.filter
def worded(code: str, sort: str) -> str:
    """The words for a code of this sort: `reason`, or one of `routing.codes.SORTS`; the code where it has none."""
    return str(wording(code).meaning if sort == "reason" else words(sort, code))


@register.filter
def coded(code: str | None, sort: str) -> SafeString | str:
    """The words for a code of this sort, and the code itself in small type; nothing for no code."""
    if not code:
        return ""
    said = worded(code, sort)
    small = format_html('<small class="code">{}</small>', code)
    return small if said == code else format_html("{} {}", said, small)


@register.filter
def flagged(flags: list[str]) -> SafeString:
    """Each flag in words, with its detail; a detail that is a time is told in the operator's zone."""
    return format_html_join(" · ", "{} {}", [_flag(flag) for flag in flags])


def _flag(flag: str) -> tuple[SafeString | str, str]:
    code, _colon, detail = flag.partition(": ")
    return coded(code, "flag"), moment(detail) if detail else ""


@register.filter
def moment(value: datetime | str | None) -> str:
    """A time, or ISO 8601 text of one, in the zone of the page; any other text as it is."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    if value is None:
        return "—"
    return date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "DATETIME_FORMAT")


@register.filter
def stamped(value: datetime) -> str:
    """A time for the filters of a list's address."""
    return quote(value.isoformat())


@register.simple_tag
def zone_of_page() -> str:
    """The zone of every time on the page, by name and by its distance from UTC now."""
    distance = timezone.localtime().strftime("%z")
    return f"{timezone.get_current_timezone_name()} (UTC{distance[:3]}:{distance[3:]})"


@register.filter
def kind_name(kind: str) -> str:
    """What people call a kind of target."""
    return DESTINATIONS[kind].label.in_language(get_language() or "en") if kind in DESTINATIONS else kind


@register.filter
def model_name(name: str) -> str:
    """What people call the objects of a model."""
    return str(name_of_model(name)) if name else ""


@register.filter
def ago(then: datetime | None, now: datetime) -> str:
    """How long ago, in the two largest units that tell: `3 d 4 h`, `12 min`, `40 s`; a dash for never."""
    return "—" if then is None else span((now - then).total_seconds())


@register.filter
def span(seconds: float) -> str:
    """A length of time in the two largest units that tell."""
    left = max(int(seconds), 0)
    units = ((86_400, _("d")), (3_600, _("h")), (60, _("min")), (1, _("s")))
    parts = []
    for size, unit in units:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or f"0 {units[-1][1]}"


@register.filter
def credential_label(name: str, kind: str) -> str:
    """What a target's form calls this credential; another word stays as it is."""
    fields = DESTINATIONS[kind].fields if kind in DESTINATIONS else ()
    return next((field.label.in_language(get_language() or "en") for field in fields if field.name == name), name)
