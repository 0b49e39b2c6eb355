"""The checker of `make chaos` finds each kind of broken promise, and nothing where all were kept."""

from dataclasses import replace

import pytest

from bench.bodies import MARK, Bodies
from bench.chaos.checker import Delivery, Evidence, Inbound, Kill, Told, duplicates, violations
from bench.load import Call, is_whole
from bench.loopback import checked
from integrations.sentry.signature import sign

CALLS = [Call(0, 10, 20, 202, 1), Call(1, 30, 40, 202, 2), Call(2, 50, 60, 0, 0)]
INBOUNDS = [Inbound(1, 0, "routed", "k"), Inbound(2, 1, "routed", "k"), Inbound(3, 9, "ignored", "other")]
DELIVERIES = [
    Delivery(11, 1, "bot", 5, 1, "delivered", "", False),
    Delivery(12, 2, "bot", 5, 2, "delivered", "", False),
]
SEEN = [Told("bot", False, 1), Told("bot", True, 1), Told("bot", True, 2)]
GOOD = Evidence(calls=CALLS, seen=SEEN, inbounds=INBOUNDS, deliveries=DELIVERIES, kills=[])
AGAIN = Told("bot", True, 2)
FLAGGED = [DELIVERIES[0], DELIVERIES[1]._replace(maybe_duplicate=True)]


def test_nothing_is_found_where_all_was_kept():
    assert violations(GOOD) == []


def test_a_repeat_that_a_kill_explains_and_the_log_admits_is_no_violation():
    evidence = replace(GOOD, seen=[*SEEN, AGAIN], deliveries=FLAGGED, kills=[Kill(41, "worker", 1)])
    assert duplicates(evidence).total() == 1
    assert violations(evidence) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inbounds": INBOUNDS[1:], "deliveries": DELIVERIES[1:], "seen": SEEN[2:]}, "was acknowledged as inbound 1"),
        ({"inbounds": [INBOUNDS[0]._replace(number=7), *INBOUNDS[1:]]}, "was acknowledged as inbound 1"),
        ({"inbounds": [INBOUNDS[0]._replace(status="received"), *INBOUNDS[1:]]}, "inbound 1 is still received"),
        ({"inbounds": [*INBOUNDS, Inbound(4, 8, "routed", "k")]}, "inbound 4 is routed"),
        ({"inbounds": [*INBOUNDS, Inbound(4, 9, "ignored", "k")]}, "webhook 9 is stored 2 times"),
        ({"deliveries": [DELIVERIES[0], DELIVERIES[1]._replace(status="pending")]}, "delivery 12 is still pending"),
        ({"deliveries": [DELIVERIES[0], DELIVERIES[1]._replace(status="dead")]}, "dead without a reason"),
        ({"seen": SEEN[:2]}, "counts as delivered, but bot was never told"),
        ({"seen": [*SEEN, Told("bot", True, 99)]}, "told of inbound 99, which no delivery accounts for"),
        ({"seen": [*SEEN, AGAIN], "deliveries": FLAGGED}, "1 duplicates, with 0 sends under way"),
        ({"seen": [*SEEN, AGAIN], "kills": [Kill(41, "worker", 1)]}, "the log does not say that it may be"),
        ({"seen": [SEEN[2], SEEN[1]]}, "told of inbound 1 after the later 2"),
        (
            {"calls": [CALLS[0]._replace(due=30, answered=40), CALLS[1]._replace(due=10, answered=20)]},
            "before 1, which",
        ),
        ({"reported": {"routed": 3}}, "the relay counts"),
    ],
)
def test_each_broken_promise_is_named(changes, said):
    found = violations(replace(GOOD, **changes))
    assert any(said in line for line in found), found


def test_a_suppressed_delivery_needs_no_message_but_a_reason():
    held = DELIVERIES[1]._replace(status="suppressed", reason="silenced")
    assert violations(replace(GOOD, seen=SEEN[:2], deliveries=[DELIVERIES[0], held])) == []


def test_bodies_are_signed_and_no_two_are_alike():
    bodies = Bodies(secret="s", issues=2, resolve_every=2)
    requests = [bodies.request(number, "/hook", 1) for number in range(8)]
    for number, request in enumerate(requests):
        head, _, body = request.partition(b"\r\n\r\n")
        assert sign(body, "s").encode() in head
        mark = MARK.search(body)
        assert mark is not None
        assert int(mark[1]) == number
    assert sum(b'"action": "resolved"' in request for request in requests) == 4


@pytest.mark.parametrize("url", ["http://192.0.2.1:80/", "http://example.com:80/", "http://127.0.0.1/", "nonsense"])
def test_nothing_but_loopback_is_called(url):
    with pytest.raises(SystemExit):
        checked(url)


@pytest.mark.parametrize(
    ("head", "body", "is_over"),
    [
        (b"HTTP/1.1 202 X\r\nContent-Length: 2", b"{}", True),
        (b"HTTP/1.1 202 X\r\nContent-Length: 3", b"{}", False),
        (b"HTTP/1.1 202 X\r\nTransfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 202 X\r\nTransfer-Encoding: chunked", b"2\r\n{}\r\n", False),
    ],
)
def test_an_answer_is_read_to_its_end(head, body, is_over):
    assert is_whole(head, body) is is_over
