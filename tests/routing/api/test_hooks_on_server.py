"""The receiver behind the real web server, on a loopback socket."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection  # noqa: TID251 - a client for the test's own server

import pytest
from django.core.wsgi import get_wsgi_application

from integrations.sentry.signature import WEBHOOK_HEADER, sign
from routing.management.serving.sockets import listen
from routing.management.serving.web import Web
from routing.models import Inbound
from routing.services import bodies
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
