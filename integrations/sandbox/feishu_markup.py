"""Feishu's inline markup as a person sees it: `lark_md` and `markdown` of cards, and the mentions of text messages.

Written from the vendor's component pages (open.feishu.cn, feishu-cards/card-components/content-components/rich-text)
and the custom bot guide. Reads generously: what might be taken for a mention is one.
"""

import html
import re
from collections.abc import Iterator

from integrations.sandbox.verdict import Span

_MENTION = r"<\s*+at\b(?P<mention>[^<>]*+)>(?:[^<]*+<\s*+/\s*+at\s*+>)?"
_IN_CARDS = re.compile(
    _MENTION
    + r"|\*\*(?P<bold>[^*]++)\*\*"
    + r"|\[(?P<label>[^\[\]]*+)\]\((?P<url>[^()\s]++)\)"
    + r"""|<\s*+a\s++href\s*+=\s*+['"]?(?P<href>[^'"<>\s]*+)[^<>]*+>(?P<anchor>[^<]*+)<\s*+/\s*+a\s*+>"""
    + r"|<\s*+(?:/\s*+)?(?:font|text_tag|link|person|number_tag|local_datetime|a|at)\b[^<>]*+>",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(_MENTION + r"|(?P<bare>https?://[^\s<>，。；）]++)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(?P<name>id|ids|email|user_id|open_id)\s*=\s*['"]?(?P<value>[^'"\s/]+)""", re.IGNORECASE)


def markdown_spans(content: str) -> tuple[Span, ...]:
    """What `lark_md` or a markdown element shows; entities are decoded last, so that escaped markup stays text."""
    return tuple(_spans(content, bold=False))


def text_message_spans(content: str) -> tuple[Span, ...]:
    """What a text message shows: mentions and bare addresses are alive, nothing else."""
    spans: list[Span] = []
    end = 0
    for match in _IN_TEXT.finditer(content):
        spans += _plain(content[end : match.start()], bold=False)
        spans += [Span(match["bare"], url=match["bare"])] if match["bare"] else _mentioned(match["mention"])
        end = match.end()
    return (*spans, *_plain(content[end:], bold=False))


def _spans(content: str, *, bold: bool) -> Iterator[Span]:
    end = 0
    for match in _IN_CARDS.finditer(content):
        yield from _plain(html.unescape(content[end : match.start()]), bold=bold)
        yield from _marked(match, bold=bold)
        end = match.end()
    yield from _plain(html.unescape(content[end:]), bold=bold)


def _marked(match: re.Match[str], *, bold: bool) -> Iterator[Span]:
    if match["mention"] is not None:
        yield from _mentioned(match["mention"])
    elif match["bold"] is not None:
        yield from _spans(match["bold"], bold=True)
    elif match["url"] is not None:
        yield Span(html.unescape(match["label"]), bold=bold, url=match["url"])
    elif match["href"] is not None:
        yield Span(html.unescape(match["anchor"]), bold=bold, url=match["href"])


def _mentioned(attributes: str) -> list[Span]:
    ids = [one for match in _ATTRIBUTE.finditer(attributes) for one in match["value"].split(",") if one]
    return [Span(f"@{one}", mention=one) for one in ids]


def _plain(text: str, *, bold: bool) -> list[Span]:
    return [Span(text, bold=bold)] if text else []
