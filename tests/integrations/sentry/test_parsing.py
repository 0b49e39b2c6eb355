"""Bytes to an object: what is read all the same, and what is malformed."""

import pytest

from integrations.contract import MalformedPayload
from integrations.sentry.parsing import MAX_NODES, parse


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":1}', 1),
        (b' {"a" : [1, 2]}\n', [1, 2]),
        (b'{"a":1,"a":2}', 2),
        (b'{"a":NaN}', None),
        (b'{"a":[Infinity,-Infinity]}', [None, None]),
        (b'{"a":"\\u0000"}', "\x00"),
        (b'{"a":"\\ud83d\\ude00"}', "😀"),
        (b'{"a":"\\ud83d!"}', "\ud83d!"),
        (b'{"a":"tab\there"}', "tab\there"),
        (b'\xef\xbb\xbf{"a":1}', 1),
        (b'{"a":"\xff"}', "\ufffd"),
        (b'{"a":1e999}', float("inf")),
        (b'{"a":4510703106785280}', 4510703106785280),
        (b'{"a":123456789012345678901234567890}', 123456789012345678901234567890.0),
        (b'{"a":NaN,"a":' + b"9" * 5000 + b"}", None),
        (b'{"b":NaN,"a":0.' + b"9" * 5000 + b"}", None),
        ('{"a":"原始 UTF-8 🚨"}'.encode(), "原始 UTF-8 🚨"),
    ],
)
def test_what_some_version_of_sentry_may_have_sent_is_read(body, value):
    assert parse(body)["a"] == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b'{"a":}',
        b'{"a":1}x',
        b"action=triggered&data=1",
        b"\x00\x01\x02",
        '{"a":1}'.encode("utf-16"),
        b"\x1f\x8b\x08\x00",
        b'{"a":' * 1100 + b"1" + b"}" * 1100,
        b'{"a":NaN,"b":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[" * 100_000,
        b'{"a":[' + b"1," * MAX_NODES + b"1]}",
        b'{"a":[' + b"[]," * MAX_NODES + b"1]}",
        b'{"a":[' + b"{}," * MAX_NODES + b"1]}",
    ],
)
def test_what_is_no_object_within_limits_is_malformed(body):
    with pytest.raises(MalformedPayload):
        parse(body)


def test_a_large_but_honest_tree_is_read():
    body = b'{"a":[' + b"1," * (MAX_NODES - 10) + b'1],"b":"' + b"x" * MAX_NODES + b'"}'
    assert len(parse(body)["a"]) == MAX_NODES - 9


def test_the_error_says_where_and_quotes_no_value():
    with pytest.raises(MalformedPayload) as caught:
        parse(b'{"secret":"hunter2",\n oops}')
    assert "line 2" in str(caught.value)
    assert "hunter2" not in str(caught.value)
