"""What waits for a target, as its page says it."""

from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from routing.selectors.waits import Line, Wait
from routing.templatetags.showing import coded, moment


def waiting_list(line: Line) -> SafeString:
    """What waits for a target: how many, for what, until when, the digest as a link."""
    rows = [(one.count, _digest_link(one.wait), _until(one.wait.until)) for one in line.waiting]
    told = _("the fallback is told from %(moment)s on") % {"moment": moment(line.fallback_at)}
    rest = format_html("<li>{}</li>", told) if line.fallback_at else ""
    return format_html('<ul class="plain">{}{}</ul>', format_html_join("", "<li>{} × {}{}</li>", rows), rest)


def _digest_link(wait: Wait) -> SafeString | str:
    if wait.delivery is None:
        return coded(wait.code, "wait")
    address = reverse("admin:routing_delivery_change", args=[wait.delivery])
    return format_html('{} <a href="{}">#{}</a>', coded(wait.code, "wait"), address, wait.delivery)


def _until(until: datetime | None) -> str:
    return f" · {_('until')} {moment(until)}" if until else ""
