"""The receiver behind the real web server, on a loopback socket."""

import itertools
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection  # noqa: TID251 - a client for the test's own server

import pytest
from django.contrib.auth import get_user_model
from django.core.wsgi import get_wsgi_application

from integrations.sentry.signature import WEBHOOK_HEADER, sign
from routing.management.serving.sockets import listen
from routing.management.serving.web import Web
from routing.models import Delivery, Inbound, QuarantinedCall, Source
from routing.services import deciding, replaying
from routing.services.ingest import bodies
from routing.services.setup import sources
from tests.routing.calls import KEY, SECRET, make_rule, make_source, make_target, sentry_call, signed

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
PATH = f"/webhooks/sentry/{KEY}"
LIMIT = 1024 * 1024


@pytest.fixture
def server(settings) -> Iterator[HTTPConnection]:
    """A connection to the whole application behind its web server."""
    settings.MAX_BODY_MB = 1
    make_source()
    make_rule("all", make_target())
    listening = listen("127.0.0.1", 0)
    web = Web(get_wsgi_application(), listening.dup(), max_body_bytes=LIMIT + 1000)
    thread = threading.Thread(target=web.run)
    thread.start()
    connection = HTTPConnection(*listening.getsockname()[:2], timeout=10)
    yield connection
    connection.close()
    web.stop()
    thread.join(20)
    listening.close()


def call(server, headers: dict[str, str], body, *, chunked: bool = False) -> tuple[int, dict]:
    """Status and JSON of one call."""
    server.request("POST", PATH, body=body, headers=headers, encode_chunked=chunked)
    answer = server.getresponse()
    return answer.status, json.loads(answer.read())


def chunks(body: bytes, size: int = 700) -> Iterator[bytes]:
    """A body in pieces, as a proxy might pass it on, without saying how long it will be."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


def test_a_chunked_body_is_read_whole(server):
    headers, body = sentry_call()
    headers = {**signed(headers, body), "Transfer-Encoding": "chunked"}
    status, answer = call(server, headers, chunks(body), chunked=True)
    assert (status, answer["status"]) == (202, "routed")
    assert bodies.of_inbound(Inbound.objects.get()).body == body


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "status"), [(LIMIT, 202), (LIMIT + 1, 413)])
def test_the_limit_holds_with_and_without_a_length(server, chunked, size, status):
    body = b" " * size
    headers = {WEBHOOK_HEADER: sign(body, SECRET), **({"Transfer-Encoding": "chunked"} if chunked else {})}
    answer = call(server, headers, chunks(body, 65_536) if chunked else body, chunked=chunked)
    assert answer[0] == status
    assert Inbound.objects.count() == (1 if status == 202 else 0)


def test_many_calls_come_over_one_connection_the_refused_ones_between_them(server):
    answers = []
    for number in range(1, 7):
        headers, body = sentry_call(issue_id=str(number))
        answers.append(call(server, signed(headers, body, SECRET if number % 2 else "wrong"), body)[0])
    assert answers == [202, 401] * 3


CALLERS, CALLS = 4, 30
"""Of each of the three times: before the rotation, with both secrets and keys active, and after the old ones ended."""


class Callers:
    """Sentry's workers: several at once, each signing with the secret and calling the address set when it begins."""

    def __init__(self, port: int) -> None:
        self.port, self.key, self.secret = port, KEY, SECRET
        self.answers: list[tuple[int, str]] = []
        self._numbers = itertools.count(1)

    def call(self, count: int) -> None:
        """So many calls over a connection of their own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        for _ in range(count):
            headers, body = sentry_call(issue_id=str(next(self._numbers)))
            key, secret = self.key, self.secret
            connection.request("POST", f"/webhooks/sentry/{key}/", body, signed(headers, body, secret))
            answer = connection.getresponse()
            self.answers.append((answer.status, json.loads(answer.read()).get("status", "")))
        connection.close()

    @contextmanager
    def calling(self) -> Iterator[None]:
        """While the block runs, and at least so many times."""
        with ThreadPoolExecutor(CALLERS) as pool:
            runs = [pool.submit(self.call, CALLS) for _ in range(CALLERS)]
            yield
            for run in runs:
                run.result()


def test_rotating_secret_and_key_while_calls_come_refuses_none_and_loses_none(server):
    source, callers = Source.objects.get(name="acme"), Callers(server.port)
    old = [source.client_secrets.get(), source.hook_keys.get()]
    with callers.calling():
        new = [sources.add_client_secret(source, "s-new"), sources.add_hook_key(source, "k-new")]
    with callers.calling():
        callers.secret = "s-new"  # in Sentry the new secret is valid at once, the address when it is saved
        callers.key = "k-new"
    with callers.calling():
        for item in old:
            sources.retire(item)
    assert [status for status, _ in callers.answers] == [202] * (3 * CALLERS * CALLS)
    deciding.decide_waiting(1000)
    assert Inbound.objects.count() == Delivery.objects.count() == 3 * CALLERS * CALLS
    for item in (*old, *new):
        item.refresh_from_db()
    assert all(item.last_used_at for item in (*old, *new))
    assert [bool(item.retired_at) for item in (*old, *new)] == [True, True, False, False]


def test_what_a_secret_retired_too_early_refused_is_replayed_once_it_is_mended(server):
    source, callers = Source.objects.get(name="acme"), Callers(server.port)
    with callers.calling():
        sources.retire(source.client_secrets.get())
    statuses = [status for status, _ in callers.answers]
    assert set(statuses) <= {202, 401}
    callers.call(1)
    refused = statuses.count(401) + 1
    kept = QuarantinedCall.objects.count()
    assert 1 <= kept <= refused
    sources.add_client_secret(source, SECRET)
    user = get_user_model().objects.create(username="op")
    for held in QuarantinedCall.objects.order_by("id"):
        assert replaying.replay_quarantined(held, user).status == 202
    assert Inbound.objects.count() == statuses.count(202) + kept
