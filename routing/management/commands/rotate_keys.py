"""`manage.py rotate_keys`: puts every stored secret under the first key of FIELD_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from routing.services.rotating import rotate_keys


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
            self.stderr.write(f"{table}: {count} resealed", str)
        if not rotation.rotated:
            self.stderr.write("everything is under the first key already", str)
        if rotation.unreadable:
            shown = "\n  ".join(rotation.unreadable[:50])
            raise CommandError(
                f"{len(rotation.unreadable)} rows cannot be opened by any key of FIELD_KEYS; keep the old keys:\n  {shown}"
            )
