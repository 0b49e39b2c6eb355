"""What a spreadsheet shows of what strangers wrote."""

import pytest

from routing.policy.cells import LONGEST, cell, plain


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%x", " =1", "\t=1", "\r\n=cmd|' /C calc'!A0", "＝1", "＋1", "－1", "＠x",
        "=HYPERLINK(\"http://evil\",\"x\")", "\x00=1", "\u202e=1",
    ],
)  # fmt: skip
def test_what_looks_like_a_formula_is_text(text):
    assert cell(text).startswith("'")


@pytest.mark.parametrize(
    "text", ["boom", "#12", "a=b", "数据库超时", "— no", "2026-11-21 10:00:00", "", "'quoted'", "1-2"]
)
def test_other_text_stays_as_it_is(text):
    assert cell(text) == text


def test_what_cannot_be_shown_is_left_out_and_a_cell_is_no_longer_than_a_spreadsheet_takes():
    assert cell("a\x00\x1b\u202eb\ud800") == "ab"
    assert len(cell("=" + "x" * 40_000)) == LONGEST


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('<span class="state dead">failed</span>', "failed"),
        ("refused <small>bad_signature</small>", "refused bad_signature"),
        ("a &lt;script&gt; &amp; b", "a <script> & b"),
        ('<a href="https://sentry.io/1?a=1&amp;b=2" rel="noreferrer">Sentry</a>', "https://sentry.io/1?a=1&b=2"),
        ('<a href="/admin/routing/thread/1/change/">Boom</a>', "Boom"),
    ],
)
def test_markup_becomes_what_it_says(markup, text):
    assert plain(markup) == text
