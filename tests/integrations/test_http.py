import gzip
import logging
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.contract import Outcome, Reason, Response
from integrations.http import Door
from integrations.wire import BODY_LIMIT
from tests.integrations.door import (
    NO_VENDOR,
    nothing_logged_holds_a_secret,  # noqa: F401 - pytest uses it
    opened_door,
    rejected,
    request_to,
    retry,
    sent_through,
)
from tests.integrations.fault_server import (
    Behaviour,
    Call,
    FaultServer,
    answers,
    closed_port,
    full_backlog,
    hangs_after,
    replies,
)

SHORT = 0.3
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with opened_door() as door:
        yield door


def outcome_of(door: Door, behaviour: Behaviour, deadline: float = SHORT) -> Response | Outcome:
    with FaultServer(behaviour) as server:
        return sent_through(door, server.url, deadline)


def response_of(door: Door, behaviour: Behaviour) -> Response:
    answer = outcome_of(door, behaviour, deadline=5)
    assert isinstance(answer, Response)
    return answer


# ---------------------------------------------------------------- what is sent


def test_the_request_goes_out_as_rendered_asking_for_an_answer_that_is_not_compressed(door: Door) -> None:
    with FaultServer(answers()) as server:
        door.send(request_to(server.url, b'{"a":1}'), vendor_hosts=NO_VENDOR)
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook/token-in-path?key=secret-in-query HTTP/1.1"
    assert sorted(lines[1:]) == [
        "Accept-Encoding: identity",
        "Content-Length: 7",
        "Content-Type: application/json",
        f"Host: 127.0.0.1:{server.port}",
        "User-Agent: alert-relay",
        "X-Key: secret-in-header",
    ]
    assert body == b'{"a":1}'


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Accept-Encoding", "connection"])
def test_headers_that_frame_the_message_are_ours_alone(door: Door, name: str) -> None:
    with FaultServer(answers()) as server:
        door.send(request_to(server.url, headers={name: "theirs"}), vendor_hosts=NO_VENDOR)
        assert b"theirs" not in server.requests[0]


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "中"])
def test_a_header_that_http_cannot_carry_is_our_own_mistake_and_reaches_nobody(door: Door, value: str) -> None:
    with FaultServer(answers()) as server:
        answer = door.send(request_to(server.url, headers={"X-Title": value}), vendor_hosts=NO_VENDOR)
        assert answer == rejected(Reason.RENDER_FAILED)
        assert isinstance(sent_through(door, server.url), Response)
        assert len(server.requests) == 1


def test_proxies_in_the_environment_are_ignored(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with closed_port() as port:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        assert response_of(door, answers()).status == 200


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize(
    "status", ["200 OK", "201 Created", "400 Bad Request", "404 Not Found", "429 Too Many Requests", "503 Unavailable"]
)
def test_every_status_is_an_answer(door: Door, status: str) -> None:
    answer = response_of(door, answers(b"why", status, headers="Retry-After: 7\r\n"))
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (int(status[:3]), b"why", "7")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_never_followed(door: Door, status: int) -> None:
    with FaultServer(answers()) as elsewhere:
        answer = response_of(door, answers(status=f"{status} Moved", headers=f"Location: {elsewhere.url}\r\n"))
        assert answer.status == status
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\n<html>", b"<html>"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\x00\xfe\x80", b"\xff\x00\xfe\x80"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    ],
)
def test_the_body_is_read_however_it_is_framed(door: Door, reply: bytes, body: bytes) -> None:
    assert response_of(door, replies(reply)).body == body


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"text", mtime=0)),
        ("deflate", zlib.compress(b"text")),
        ("X-GZIP", gzip.compress(b"text", mtime=0)),
    ],
)
def test_an_answer_that_is_compressed_all_the_same_is_unpacked(door: Door, encoding: str, packed: bytes) -> None:
    assert response_of(door, answers(packed, headers=f"Content-Encoding: {encoding}\r\n")).body == b"text"


@pytest.mark.parametrize("encoding", ["gzip", "br", "utf-8"])
def test_a_body_that_cannot_be_unpacked_stays_as_it_is(door: Door, encoding: str) -> None:
    assert response_of(door, answers(b"plain", headers=f"Content-Encoding: {encoding}\r\n")).body == b"plain"


# ---------------------------------------------------------------- limits


def endless(head: bytes, repeated: bytes) -> Behaviour:
    def behave(call: Call) -> None:
        call.read_request()
        call.sock.sendall(head)
        call.flood(repeated)

    return behave


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "head", [OK + b"Content-Length: 104857600\r\n\r\n", OK + b"\r\n"], ids=["hundred megabytes", "no length"]
)
def test_of_a_huge_body_only_the_beginning_is_read(door: Door, head: bytes) -> None:
    with FaultServer(endless(head, b"x" * 65536)) as server:
        answer = sent_through(door, server.url)
        assert isinstance(answer, Response)
        assert answer.body == b"x" * BODY_LIMIT
        server.wait_until_calls_ended()
        assert server.sent < 16 * MEBIBYTE


def test_a_small_packet_that_unpacks_to_megabytes_is_unpacked_to_the_limit_only(door: Door) -> None:
    bomb = gzip.compress(b"\0" * 50 * MEBIBYTE, mtime=0)
    assert len(bomb) < BODY_LIMIT
    assert response_of(door, answers(bomb, headers="Content-Encoding: gzip\r\n")).body == b"\0" * BODY_LIMIT


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "repeated"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        (OK, b"X-Header: value\r\n" * 100),
        (OK + b"X-Header: ", b"x" * 65536),
        (OK, b"X-Header: " + b"x" * 60_000 + b"\r\n"),
        (b"", b"x" * 65536),
        (CHUNKED + b"-1\r\n", b"x" * 65536),
        (CHUNKED, b"0" * 65536),
        (CHUNKED + b"0\r\n", b"X-Trailer: value\r\n" * 100),
    ],
    ids=["interim", "headers", "header", "long headers", "status", "negative chunk", "chunk size", "trailers"],
)
def test_an_answer_that_never_ends_is_given_up_early(door: Door, head: bytes, repeated: bytes) -> None:
    with FaultServer(endless(head, repeated)) as server:
        answer = sent_through(door, server.url)
        assert answer in (retry(Reason.UNREADABLE_ANSWER), retry(Reason.CONNECTION_LOST))
        server.wait_until_calls_ended()
        assert server.sent < 16 * MEBIBYTE


FRAGMENTS = [
    *(OK, b"HTTP/1.1 404 Not Found\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.0 200\r\n", b"HTTP/9.9 200 OK\r\n"),
    *(b"Content-Length: 3\r\n", b"Content-Length: -1\r\n", b"Content-Length: 9999999999\r\n", b"Content-Length: x\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Connection: close\r\n"),
    *(
        b"Content-Encoding: gzip\r\n",
        b"Content-Encoding: deflate\r\n",
        b"Location: http://127.0.0.1/\r\n",
        b"X:\r\n y\r\n",
    ),
    *(
        b"\r\n",
        b"\n",
        b"abc",
        b"3\r\nabc\r\n",
        b"-1\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"\x1f\x8b\x08\x00",
        b"\x00",
    ),
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=20), max_size=12))
def test_whatever_a_server_says_the_end_is_a_value(pieces: list[bytes]) -> None:
    with opened_door() as door, FaultServer(replies(b"".join(pieces))) as server:
        answer = sent_through(door, server.url)
        assert isinstance(answer, Response | Outcome)
        assert answer != retry(Reason.TIMEOUT)


# ---------------------------------------------------------------- no answer


def test_a_refused_connection_fails_to_connect(door: Door) -> None:
    with closed_port() as port:
        assert sent_through(door, f"http://127.0.0.1:{port}/") == retry(Reason.CONNECT_FAILED)


def test_a_connection_that_nobody_accepts_fails_to_connect_in_time(door: Door) -> None:
    with full_backlog() as port:
        assert sent_through(door, f"http://127.0.0.1:{port}/", SHORT) == retry(Reason.CONNECT_FAILED)


def drips(prefix: bytes) -> Behaviour:
    def behave(call: Call) -> None:
        call.read_request()
        call.sock.sendall(prefix)
        call.drip(b"x" * 1000)

    return behave


@pytest.mark.parametrize(
    "behaviour",
    [
        hangs_after(),
        hangs_after(b"HTTP/1.1 2"),
        hangs_after(OK + b"Content-"),
        hangs_after(OK + b"Content-Length: 10\r\n\r\n"),
        hangs_after(OK + b"Content-Length: 10\r\n\r\n123"),
        hangs_after(OK + b"Connection: close\r\n\r\n123"),
        hangs_after(CHUNKED + b"5\r\n123"),
        drips(b""),
        drips(OK + b"X-Header: "),
        drips(OK + b"Content-Length: 1000\r\n\r\n"),
        drips(OK + b"Connection: close\r\n\r\n"),
        drips(CHUNKED + b"3e8\r\n"),
        drips(CHUNKED + b"0\r\nX-Trailer: "),
        lambda call: call.wait_until_gone(),
    ],
    ids=[
        *("nothing", "status", "header", "body", "rest of body", "end of body", "chunk"),
        *("status drips", "header drips", "body drips", "open body drips", "chunk drips", "trailer drips", "unread"),
    ],
)
def test_a_server_that_keeps_us_waiting_is_left_at_the_deadline(door: Door, behaviour: Behaviour) -> None:
    assert outcome_of(door, behaviour) == retry(Reason.TIMEOUT)


def test_a_request_that_nobody_reads_is_left_at_the_deadline(door: Door) -> None:
    def sleep(call: Call) -> None:
        call.server.stopping.wait()

    with FaultServer(sleep) as server:
        huge = request_to(server.url, b"x" * 16 * MEBIBYTE)
        assert door.send(huge, vendor_hosts=NO_VENDOR, deadline=SHORT) == retry(Reason.TIMEOUT)


def resets_after(data: bytes) -> Behaviour:
    def behave(call: Call) -> None:
        call.read_request()
        call.sock.sendall(data)
        call.reset()

    return behave


@pytest.mark.parametrize(
    "behaviour",
    [
        resets_after(b""),
        resets_after(OK + b"Content-Length: 10\r\n\r\n123"),
        replies(),
        replies(OK + b"Content-Length: 10\r\n\r\n123"),
        replies(CHUNKED + b"5\r\n123"),
        replies(CHUNKED + b"zz\r\n123"),
    ],
    ids=["reset", "reset in body", "closed", "cut body", "cut chunk", "bad chunk size"],
)
def test_a_connection_that_breaks_off_is_lost(door: Door, behaviour: Behaviour) -> None:
    assert outcome_of(door, behaviour, deadline=5) == retry(Reason.CONNECTION_LOST)


def test_a_connection_that_is_reset_at_once_is_failed_or_lost(door: Door) -> None:
    # The reset may overtake the news that the connection stands.
    outcome = outcome_of(door, lambda call: call.reset(), deadline=5)
    assert outcome in (retry(Reason.CONNECT_FAILED), retry(Reason.CONNECTION_LOST))


@pytest.mark.parametrize(
    "reply",
    [
        b"\x16\x03\x01 garbage \x00\xff\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/3 200 OK\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    ],
)
def test_what_is_not_http_is_unreadable(door: Door, reply: bytes) -> None:
    assert outcome_of(door, replies(reply), deadline=5) == retry(Reason.UNREADABLE_ANSWER)


def test_headers_that_are_none_do_not_hide_the_answer(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    answer = response_of(door, replies(OK + b"Content-Length: 2\r\nno header at all\r\n\r\nok"))
    assert answer.status == 200
    assert any(record.levelno >= logging.WARNING for record in caplog.records)


# ---------------------------------------------------------------- kept alive


def test_connections_are_used_again(door: Door) -> None:
    with FaultServer(answers()) as server:
        for _ in range(5):
            assert isinstance(sent_through(door, server.url), Response)
        assert (server.connections, len(server.requests)) == (1, 5)


def test_a_connection_that_the_other_side_closed_meanwhile_is_replaced(door: Door) -> None:
    with FaultServer(replies(OK + b"Content-Length: 2\r\n\r\nok"), answers()) as server:
        assert isinstance(sent_through(door, server.url), Response)
        server.wait_until_calls_ended()
        assert isinstance(sent_through(door, server.url), Response)
        assert (server.connections, len(server.requests)) == (2, 2)


def test_a_request_that_may_have_been_read_is_not_repeated(door: Door) -> None:
    def answer_then_hang_up(call: Call) -> None:
        call.read_request()
        call.sock.sendall(OK + b"Content-Length: 2\r\n\r\nok")
        call.read_request()

    with FaultServer(answer_then_hang_up, answers()) as server:
        assert isinstance(sent_through(door, server.url), Response)
        assert sent_through(door, server.url) == retry(Reason.CONNECTION_LOST)
        assert (server.connections, len(server.requests)) == (1, 2)


def test_a_kept_connection_obeys_the_deadline_of_the_next_attempt() -> None:
    def answer_then_drip(call: Call) -> None:
        call.read_request()
        call.sock.sendall(OK + b"Content-Length: 2\r\n\r\nok")
        call.read_request()
        call.drip(b"x" * 1000)

    with opened_door() as door, FaultServer(answer_then_drip) as server:
        assert isinstance(sent_through(door, server.url, deadline=30), Response)
        assert sent_through(door, server.url, SHORT) == retry(Reason.TIMEOUT)


def test_a_connection_that_was_idle_too_long_is_replaced() -> None:
    with opened_door(keep_alive=0) as door, FaultServer(answers()) as server:
        for _ in range(2):
            assert isinstance(sent_through(door, server.url), Response)
        assert server.connections == 2


@pytest.mark.parametrize(
    "reply",
    [
        OK + b"Content-Length: 100000\r\n\r\n" + b"x" * 100_000,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK + b"Content-Length: 6\r\n\r\nfor #1",
    ],
    ids=["cut body", "interim answer"],
)
def test_the_rest_of_one_answer_is_never_taken_for_the_next(door: Door, reply: bytes) -> None:
    def reply_and_stay(call: Call) -> None:
        call.read_request()
        call.sock.sendall(reply)
        call.wait_until_gone()

    with FaultServer(reply_and_stay, answers(b"for #2")) as server:
        sent_through(door, server.url)
        answer = sent_through(door, server.url)
        assert isinstance(answer, Response)
        assert answer.body == b"for #2"


def test_many_threads_each_get_the_answer_to_their_own_request(door: Door) -> None:
    def echo(call: Call) -> None:
        while request := call.read_request():
            body = request.partition(b"\r\n\r\n")[2]
            call.sock.sendall(OK + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def round_trip(number: int) -> bool:
        body = str(number).encode()
        answer = door.send(request_to(server.url, body), vendor_hosts=NO_VENDOR)
        return isinstance(answer, Response) and answer.body == body

    with FaultServer(echo) as server, ThreadPoolExecutor(16) as pool:
        assert all(pool.map(round_trip, range(400)))
        assert server.connections <= 16


def test_a_hanging_server_delays_nobody_else(door: Door) -> None:
    with FaultServer(hangs_after()) as hanging, FaultServer(answers()) as healthy, ThreadPoolExecutor(8) as pool:
        stuck = [pool.submit(sent_through, door, hanging.url, 2.0) for _ in range(8)]
        assert isinstance(sent_through(door, healthy.url, SHORT), Response)
        assert not any(future.done() for future in stuck)
        assert all(future.result() == retry(Reason.TIMEOUT) for future in stuck)
