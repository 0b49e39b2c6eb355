"""What a broker hands out. Imported by Celery workers only, because Celery is an extra."""

from celery import shared_task

from routing.services.engine import crew


@shared_task  # type: ignore[untyped-decorator] # Celery has no types
def deliver(delivery: int) -> None:
    """Make one attempt, unless there is none to be made: an id that comes twice, or too late, does no harm."""
    crew.deliver(delivery)
