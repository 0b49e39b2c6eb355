"""What may be kept of an exchange: text without secrets, short and printable."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

from integrations.contract import OutboundRequest, Response

MASK = "[***]"
KEPT_BYTES = 4096
_TELLING = 8
"""Parts of a URL shorter than this are words like `hook`, not secrets."""

# Controls would be refused by Postgres or act on a terminal; direction marks make text read as something else.
_UNPRINTABLE = {
    code: "\ufffd"
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(code) not in "\n\t"
}


def secrets_of(request: OutboundRequest) -> tuple[str, ...]:
    """Everything that must not be kept of an exchange: the URL, its telling parts, and what the request names."""
    parts = urlsplit(request.url)
    telling = [parts.path.rpartition("/")[2], *(pair.partition("=")[2] for pair in parts.query.split("&"))]
    telling += [unquote_plus(part) for part in telling]
    whole = [request.url, parts._replace(scheme="", netloc="", fragment="").geturl()]
    return (*request.secrets, *(part for part in (*whole, *telling) if len(part) >= _TELLING))


def redact(text: str, secrets: Iterable[str]) -> str:
    """Mask each secret in `text`, be it plain, URL-escaped or with escaped slashes."""
    for form in _forms(tuple(secrets)):
        text = text.replace(form, MASK)
    return text


def excerpt(response: Response, secrets: Iterable[str] = ()) -> str:
    """The beginning of an answer for the log: at most 4 KiB of UTF-8, masked, without control characters."""
    # Masked before it is cut: half a secret at the edge would no longer be found.
    text = redact(response.body[: 2 * KEPT_BYTES].decode("utf-8", "replace"), secrets)
    text = text.replace("\r\n", "\n").translate(_UNPRINTABLE)
    return text.encode()[:KEPT_BYTES].decode("utf-8", "ignore")


@lru_cache(maxsize=1024)
def _forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """All spellings to look for, the longest first, so that no secret hides behind the mask of its own part."""
    spellings: set[str] = set()
    for secret in filter(None, secrets):
        escaped = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
        spellings |= escaped | {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in escaped}
        spellings |= {secret, secret.replace("/", "\\/")}
    return tuple(sorted(spellings, key=len, reverse=True))
