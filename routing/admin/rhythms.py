"""When a connection or project is usually heard, in words: what is expected, and what would be said of a silence."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from routing.models import Project, Source, Target
from routing.policy.rhythms import NEEDED_AGE, NEEDED_DAYS, NEEDED_WEBHOOKS
from routing.selectors.rhythms import Basis, Expectation, expectation_of
from routing.templatetags.showing import moment, span

WHAT = {
    Basis.SET: _("Expected at least every %(span)s, as set here."),
    Basis.UNWATCHED: _("Not watched, as 0 minutes are set here."),
    Basis.LEARNED: _("Learned from %(webhooks)s webhooks on %(days)s days: after the last one, a silence of up to %(span)s is usual."),
    Basis.LEARNING: _("Still being learned: %(webhooks)s webhooks on %(days)s days so far. It takes %(needed_age)s days, and %(needed)s webhooks on %(needed_days)s of them; until then no silence is told."),
    Basis.RARE: _("Heard too rarely to learn from (%(webhooks)s webhooks on %(days)s days): no silence is told unless minutes are set here."),
    Basis.UNHEARD: _("Not heard of lately: no silence is told before webhooks arrive, unless minutes are set here."),
}  # fmt: skip


class ShowsRhythm:
    """Adds `rhythm` to the read-only fields of an admin of sources or projects."""

    @admin.display(description=_("rhythm"))
    def rhythm(self, sender: Source | Project) -> SafeString | str:
        """What is expected, when it was last heard, and what is said when."""
        if not sender.pk:
            return str(_("Learned from the webhooks that arrive, within some days."))
        now = timezone.now()
        expected = expectation_of(sender, now)
        last = _("Last heard: %(at)s.") % {"at": moment(expected.last_at)}
        said = [_what(expected), str(last), *_told(sender, expected, now)]
        return format_html(
            "<ul class='rhythm'>{}</ul>", format_html_join("", "<li>{}</li>", ((line,) for line in said))
        )


def _what(expected: Expectation) -> str:
    values = {
        "span": span(expected.allowed.total_seconds()) if expected.allowed else "",
        "webhooks": expected.webhooks,
        "days": expected.days,
        "needed": NEEDED_WEBHOOKS,
        "needed_days": NEEDED_DAYS,
        "needed_age": NEEDED_AGE.days,
    }
    return str(WHAT[expected.basis] % values)


def _told(sender: Source | Project, expected: Expectation, now: datetime) -> list[Any]:
    """What would be said when; nothing where no silence is odd."""
    if expected.late_at is None or expected.allowed is None:
        return []
    name = f"{sender.source.name}/{sender.slug}" if isinstance(sender, Project) else sender.name
    is_late = now > expected.late_at
    silence = now - expected.late_at + expected.allowed if is_late else expected.allowed
    quiet = {"name": name, "minutes": int(silence.total_seconds() // 60)}
    values = {
        "at": moment(expected.late_at),
        "who": str(
            Target.objects.filter(is_operations=True).first() or _("the dashboard (no operations target is set)")
        ),
        "text": _("%(name)s has been quiet for %(minutes)s minutes.") % quiet,
    }
    if is_late:
        return [format_html('<strong class="late">{}</strong>', _("Too long: %(who)s is told “%(text)s”") % values)]
    told: list[Any] = [_("If nothing arrives until %(at)s, %(who)s is told “%(text)s”") % values]
    if isinstance(sender, Project) and expected.basis is Basis.LEARNED:
        told.append(_("While the whole connection is quiet, that alone is told."))
    return told
