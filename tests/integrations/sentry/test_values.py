"""Single values: the wanted type or nothing."""

from datetime import UTC, datetime

import pytest

from integrations.sentry.values import block, identifier, line, moment, number, scalar, tags


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("  both ends  ", "both ends"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("NUL\x00 gone", "NUL gone"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\u202etxt.exe\u202c", "txt.exe"),
        ("\u2066a\u2069\u200f\ufeff", "a"),
        ("half \ud83d character", "half \ufffd character"),
        ("👩‍💻 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿 stay", "👩‍💻 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿 stay"),
        ("全角　空格", "全角　空格"),
        ("line\u2028separator", "line separator"),
        ("", ""),
        (None, ""),
        (7, ""),
        (["x"], ""),
        ({"x": 1}, ""),
    ],
)
def test_a_line_is_clean_text_on_one_line(value, text):
    assert line(value) == text


def test_text_is_cut_at_its_limit_and_says_so():
    assert line("x" * 300, 255) == "x" * 254 + "…"
    assert line("中" * 255, 255) == "中" * 255
    assert line("\x00" * 20 + "x" * 600, 255) == "x" * 254 + "…"
    assert block("a\n" * 9000, 8000).endswith("…")
    assert len(block("a\n" * 9000, 8000)) <= 8000


def test_a_block_keeps_its_lines():
    assert block(" a\r\nb\x00\n\n c\u202e ") == "a\nb\n\n c"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (3, "3"),
        (2.5, "2.5"),
        (True, "true"),
        (False, "false"),
        (["a", 1, None, ["nested"]], "a,1"),
        (None, ""),
        (float("nan"), ""),
        (float("inf"), ""),
        ({"a": 1}, ""),
    ],
)
def test_a_scalar_is_spelt(value, text):
    assert scalar(value) == text


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (1, 1),
        ("4510703106785280", 4510703106785280),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        ("9223372036854775808", None),
        (1e18, None),
        (0, None),
        (-5, None),
        (True, None),
        ("12a", None),
        ("١٢", None),
        ("", None),
        (None, None),
        ([1], None),
    ],
)
def test_a_number_fits_a_64_bit_column_or_is_none(value, read):
    assert number(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (42, "42"),
        ("42", "42"),
        ("abc-1", "abc-1"),
        (2**70, None),
        (4.2e20, None),
        (True, None),
        ("", None),
        (None, None),
    ],
)
def test_an_identifier_is_text(value, read):
    assert identifier(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-03-04T05:06:07.890000Z", datetime(2026, 3, 4, 5, 6, 7, 890000, UTC)),
        ("2026-03-04T05:06:07+00:00", datetime(2026, 3, 4, 5, 6, 7, 0, UTC)),
        ("2026-03-04T13:06:07.5+08:00", datetime(2026, 3, 4, 5, 6, 7, 500000, UTC)),
        ("2026-03-04T05:06:07", datetime(2026, 3, 4, 5, 6, 7, 0, UTC)),
        (1772600767, datetime(2026, 3, 4, 5, 6, 7, 0, UTC)),
        (1772600767.25, datetime(2026, 3, 4, 5, 6, 7, 250000, UTC)),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (0, None),
        (1e300, None),
        (float("nan"), None),
        (float("inf"), None),
        (2**63, None),
        (True, None),
        (None, None),
        ({}, None),
    ],
)
def test_a_moment_is_in_utc_or_none(value, read):
    assert moment(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ([["a", "1"], ["b", "2"], ["a", "3"], ["a", "1"]], {"a": ("1", "3"), "b": ("2",)}),
        ([["sentry:release", "r1"], ["sentry:", "x"]], {"release": ("r1",)}),
        ({"a": "1", "n": 5}, {"a": ("1",), "n": ("5",)}),
        ([{"key": "a", "value": "1"}, {"name": "b"}], {"a": ("1",)}),
        ([["a", None], ["b", ""], ["", "c"], [1, 2], "x", None], {}),
        (None, {}),
        ("a=b", {}),
    ],
)
def test_tags_are_read_from_every_notation(value, read):
    assert tags(value) == read


def test_tags_are_bounded():
    assert len(tags([[f"k{n}", "v"] for n in range(500)])) == 200
    assert len(tags([["k", f"v{n}"] for n in range(500)])["k"]) == 20
    (key, values), *_ = tags([["k" * 900, "v" * 9000]]).items()
    assert (len(key), len(values[0])) == (200, 1000)
