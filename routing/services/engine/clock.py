"""What time it is for leases and schedules: the database's time, on which all hosts agree."""

from datetime import datetime, timedelta
from time import monotonic

from django.db import connection
from django.utils import timezone

COMPARE_SECONDS = 30.0


class DatabaseClock:
    """This machine's clock, corrected by how far it is from the database's; one machine needs no correction."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._compare_at = 0.0

    def __call__(self) -> datetime:
        """The current moment, with a zone. Safe in any thread."""
        return timezone.now() + self._ahead

    def compare(self) -> None:
        """Look at the database's clock, now and then; raises DatabaseError. To be called by one thread."""
        if connection.vendor != "postgresql" or monotonic() < self._compare_at:
            return
        before = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            theirs = cursor.fetchone()[0]
        after = timezone.now()
        self._ahead = theirs - (before + (after - before) / 2)
        self._compare_at = monotonic() + COMPARE_SECONDS
