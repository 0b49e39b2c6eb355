"""`manage.py rotate_keys`: puts every stored secret under the first key of FIELD_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from routing.services.upkeep.rotating import rotate_keys


class Command(BaseCommand):
    """After it has ended well, the other keys can be dropped."""

    help = (
        "Seal every stored secret and body anew under the first key of FIELD_KEYS. Put the new key first, restart, "
        "run this, then drop the old key."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Reseal; raises CommandError that names the rows which no key opens."""
        rotation = rotate_keys()
        for table, count in sorted(rotation.rotated.items()):
            self.stderr.write(_("%(table)s: %(count)s resealed") % {"table": table, "count": count}, str)
        if not rotation.rotated:
            self.stderr.write(_("everything is under the first key already"), str)
        if rotation.unreadable:
            shown = "\n  ".join(rotation.unreadable[:50])
            raise CommandError(
                _("%(count)s rows cannot be opened by any key of FIELD_KEYS; keep the old keys:")
                % {"count": len(rotation.unreadable)}
                + f"\n  {shown}"
            )
