import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import OutboundRequest, Response
from integrations.redaction import KEPT_BYTES, MASK, excerpt, redact, secrets_of

FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/0f8fad5b-d9cb-469f-a165-70867728950e"
FLASHDUTY = "https://api.flashcat.cloud/event/push/alert/standard?integration_key=c2VjcmV0/a+b%3D&x=1"


def response(body: bytes) -> Response:
    return Response(200, {}, body)


# ---------------------------------------------------------------- masking


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key a/b c here", f"key {MASK} here"),
        ("key a%2Fb%20c here", f"key {MASK} here"),
        ("key a%2fb%20c here", f"key {MASK} here"),
        ("key a/b%20c here", f"key {MASK} here"),
        ("key a%2Fb+c here", f"key {MASK} here"),
        (r"key a\/b c here", f"key {MASK} here"),
        ("a/b ca/b c", MASK * 2),
        ("nothing", "nothing"),
    ],
)
def test_a_secret_is_masked_however_it_is_escaped(text: str, masked: str) -> None:
    assert redact(text, ["a/b c"]) == masked


def test_a_longer_secret_is_masked_before_its_own_part() -> None:
    assert redact("token-and-more token", ["token", "token-and-more"]) == f"{MASK} {MASK}"


def test_an_empty_secret_masks_nothing() -> None:
    assert redact("text", ["", ""]) == "text"


@given(st.text(min_size=1), st.text(), st.text())
def test_no_secret_survives_wherever_it_stands(secret: str, before: str, after: str) -> None:
    assert secret in MASK or secret not in redact(f"{before}{secret}{after}", [secret]).replace(MASK, "\ue000")


# ---------------------------------------------------------------- what is secret


def test_a_token_in_the_path_is_a_secret_with_and_without_its_url() -> None:
    secrets = secrets_of(OutboundRequest(FEISHU, b"", {}))
    for leak in (FEISHU, FEISHU.removeprefix("https://open.feishu.cn"), FEISHU.rpartition("/")[2]):
        assert redact(f"POST {leak} failed", secrets) == f"POST {MASK} failed"


@pytest.mark.parametrize("leak", ["c2VjcmV0/a+b%3D", "c2VjcmV0/a b=", "c2VjcmV0%2Fa+b%3D", FLASHDUTY])
def test_a_key_in_the_query_is_a_secret_in_any_spelling(leak: str) -> None:
    assert redact(f"bad {leak}", secrets_of(OutboundRequest(FLASHDUTY, b"", {}))) == f"bad {MASK}"


def test_what_the_request_names_is_a_secret_however_short() -> None:
    assert redact("sign abc", secrets_of(OutboundRequest(FEISHU, b"", {}, ("abc",)))) == f"sign {MASK}"


def test_short_words_of_a_url_are_no_secrets() -> None:
    request = OutboundRequest("https://bot.internal/hook?v=1", b"", {})
    assert redact("the hook said 1", secrets_of(request)) == "the hook said 1"


# ---------------------------------------------------------------- excerpts


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"code":0}', '{"code":0}'),
        ("推送成功".encode(), "推送成功"),
        (b"a\r\nb\tc\n", "a\nb\tc\n"),
        (b"a\x00b", "a\ufffdb"),
        (b"\x1b[31mred\x07\x7f", "\ufffd[31mred\ufffd\ufffd"),
        ("a\u0085\u009bb".encode(), "a\ufffd\ufffdb"),
        ("abc\u202egpj.exe\u2066".encode(), "abc\ufffdgpj.exe\ufffd"),
        (b"\xff\xfe\x80", "\ufffd\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"", ""),
    ],
)
def test_an_excerpt_is_text_that_every_database_and_terminal_takes(body: bytes, text: str) -> None:
    assert excerpt(response(body)) == text


@pytest.mark.parametrize(
    "body", [b"x" * 5000, b"\xff" * 5000, b"\x00" * 9000, "中".encode() * 3000, b"x" + "中".encode() * 3000]
)
def test_an_excerpt_is_at_most_four_kibibytes_of_whole_characters(body: bytes) -> None:
    size = len(excerpt(response(body)).encode())
    assert KEPT_BYTES - 3 < size <= KEPT_BYTES


def test_a_secret_across_the_edge_of_the_excerpt_is_masked_before_it_is_cut() -> None:
    body = b"x" * (KEPT_BYTES - 10) + b"secret-at-the-edge"
    assert excerpt(response(body), ["secret-at-the-edge"]) == "x" * (KEPT_BYTES - 10) + MASK
