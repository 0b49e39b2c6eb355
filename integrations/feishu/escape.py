"""Text and links of strangers, made harmless for a chat message.

Anyone who can raise an error at a monitored site writes into alerts. Cards show such text as `plain_text` only, which
evaluates neither mentions nor markdown; plain text messages do evaluate mentions, so those are broken up here.
"""

import re
from urllib.parse import quote, urlsplit, urlunsplit

CUT = "…"
LINK_LIMIT = 2000

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_REMOVED = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), *map(ord, _BIDI)])
_KEPT = {ord("\t"): " ", ord("\n"): "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
_TABLE = {**_REMOVED, **_KEPT}


def clean(text: str) -> str:
    """The text without control characters, direction overrides and lone surrogates; line breaks stay."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE).strip()


def block(text: str, limit: int) -> str:
    """Clean text of several lines, at most `limit` characters; what was cut ends in `…`."""
    head = _head(text, limit)
    return _cut(clean(head), limit, more=len(head) < len(text))


def one_line(text: str, limit: int) -> str:
    """Clean text on one line, at most `limit` characters; what was cut ends in `…`."""
    head = _head(text, limit)
    return _cut(" ".join(clean(head).split()), limit, more=len(head) < len(text))


def _head(text: str, limit: int) -> str:
    """More than will be shown, yet so little that a text of megabytes costs nothing to clean."""
    return text[: 4 * limit + 100]


def _cut(text: str, limit: int, *, more: bool) -> str:
    return text[: limit - 1].rstrip() + CUT if more or len(text) > limit else text


def break_mentions(text: str) -> str:
    """The text with every `<` that could open or close a mention replaced by its full-width twin.

    Text messages parse `<at ...>` and have no documented escape
    (open.feishu.cn, im-v1/message-content-description/create_json).
    """
    return re.sub(r"<(?=[\W_]{0,16}at)", "＜", text, flags=re.IGNORECASE)


def mask_personal(text: str) -> str:
    """The text with e-mail addresses and telephone numbers masked: what content inspection most often stops."""
    masked = re.sub(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", "***", text)
    return re.sub(r"(?<!\d)(?:\+\d{8,15}|1[3-9]\d{9})(?!\d)", "***", masked)


def safe_link(url: str | None) -> str | None:
    """The address as it may stand in a button or a markdown link, or None: Feishu refuses a message with a bad one.

    Absolute http or https, without user name, spaces or control characters, at most 2,000 characters; whatever
    could end a markdown link is percent-encoded.
    """
    if not url or len(url) > LINK_LIMIT or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        reachable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not reachable or "@" in parts.netloc or not _is_plain(parts.netloc):
        return None
    rest = (quote(part, safe="/:?@&=+,;%~-._") for part in (parts.path, parts.query, parts.fragment))
    link = urlunsplit((parts.scheme, parts.netloc, *rest))
    return link if len(link) <= LINK_LIMIT else None


def _is_plain(netloc: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9.:\[\]_-]+", netloc) is not None
