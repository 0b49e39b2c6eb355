"""Content as plain text: the simpler form for a card that was refused.

It never mentions anybody: a mention may be the very reason of the refusal, and this form is tried only once.
"""

from collections.abc import Iterator

from integrations.feishu.content import Content, Link
from integrations.feishu.escape import break_mentions, mask_personal
from integrations.feishu.words import Words


def text(content: Content, words: Words) -> str:
    """The same facts line by line; in free text, what content inspection most often stops is masked."""
    return break_mentions("\n".join(_lines(content, words)))


def _lines(content: Content, words: Words) -> Iterator[str]:
    yield content.title
    yield from content.notices
    for label, value in content.facts:
        yield words.fact.format(label=label, value=value)
    for paragraph in content.paragraphs:
        yield mask_personal(paragraph)
    for row in content.rows:
        yield _line(Link(mask_personal(row.text), row.link.url if row.link else None), words)
    if content.button:
        yield _line(content.button, words)
    for link in content.links:
        yield _line(link, words)
    for link in content.note:
        told = content.button is not None and link.url == content.button.url
        yield link.label if told else _line(link, words)


def _line(link: Link, words: Words) -> str:
    return words.fact.format(label=link.label, value=link.url) if link.url else link.label
