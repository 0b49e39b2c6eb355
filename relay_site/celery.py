"""Celery: the application whose workers send, and the way in which a relay hands them ids.

The table is the queue and knows what failed and when it is due again. So messages carry an id and nothing else, may be
lost, may come twice, and are never scheduled; results go nowhere.
"""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery import Celery, bootsteps
from celery.concurrency.thread import TaskPool
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from kombu.transport import redis

from integrations.redaction import redact

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_site.settings")

DELIVER = "routing.tasks.deliver"
QUEUE = "alert_relay"
BROKER_SECONDS = 2
"""How long a broker may take to let us in."""

log = structlog.get_logger(__name__)

app = Celery("alert_relay", include=["routing.tasks"], set_as_current=True)
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_timeout=BROKER_SECONDS,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a broker that is away for long must not end the workers
    broker_transport_options=(
        {"socket_connect_timeout": BROKER_SECONDS, "socket_keepalive": True, "visibility_timeout": 60}
        if settings.CELERY_BROKER_URL.startswith("redis")
        else {}
    ),
    task_default_queue=QUEUE,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_serializer="json",
    accept_content=["json"],
    result_backend=None,
    worker_pool="threads",
    worker_concurrency=settings.WORKER_THREADS,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)


class RedisChannel(redis.Channel):
    """Lets go of what was received over a connection that is gone.

    To acknowledge or put back messages there would end the Celery worker (kombu 5.7, transport/virtual/base.py), and
    is of no use: the relay publishes their ids again.
    """

    do_restore = False

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge, unless the connection is gone."""
        if not self.closed:
            super().basic_ack(delivery_tag, multiple=multiple)  # type: ignore[no-untyped-call]


redis.Transport.Channel = RedisChannel


class CrewStep(bootsteps.StartStopStep):  # type: ignore[misc] # Celery has no types
    """Starts the crew of a Celery worker with its pool of threads, and lets it finish before they end."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: Any) -> None:
        """Refuse what cannot work, then take ids; raises ImproperlyConfigured."""
        if not issubclass(parent.pool_cls, TaskPool):
            raise ImproperlyConfigured("Deliveries are sent from threads: start the Celery worker with --pool threads.")
        if problems := [str(message) for message in run_checks() if message.is_serious()]:
            raise ImproperlyConfigured("\n".join(problems))
        from routing.services.engine import crew  # models can be imported only after Celery has set up Django

        crew.start(parent.concurrency)

    def stop(self, parent: Any) -> None:
        """Finish what is under way."""
        from routing.services.engine import crew

        crew.stop()

    terminate = stop


app.steps["worker"].add(CrewStep)


def publish(deliveries: Sequence[int]) -> bool:
    """Hand these ids to whichever Celery worker is free; False when the broker did not take all of them."""
    try:
        with app.producer_pool.acquire(block=True, timeout=BROKER_SECONDS) as producer:
            for delivery in deliveries:
                app.send_task(DELIVER, (delivery,), producer=producer, ignore_result=True)
    except Exception as error:  # each transport has exceptions of its own, and none of them may end the relay
        password = urlsplit(settings.CELERY_BROKER_URL).password
        detail = redact(str(error), (password,) if password else ())
        log.warning("broker_unavailable", error=type(error).__name__, detail=detail[:200])
        return False
    return True
