"""The outer shape of a message to a custom bot: `msg_type` and what belongs to it (custom bot guide)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from integrations.sandbox.feishu_card_parts import is_web_address
from integrations.sandbox.feishu_sight import seen_post, seen_text
from integrations.sandbox.verdict import Seen


def is_card(document: Mapping[str, Any]) -> bool:
    """True for a message that carries a card object."""
    return document.get("msg_type") == "interactive" and isinstance(document.get("card"), dict)


def seen_message(document: Mapping[str, Any]) -> Seen | None:
    """What a text or post shows; None for a message of another or no proper shape."""
    content = document.get("content")
    read = _READERS.get(str(document.get("msg_type")))
    return read(content) if read and isinstance(content, dict) else None  # the IM API's JSON string is refused here


def _text(content: Mapping[str, Any]) -> Seen | None:
    text = content.get("text")
    return seen_text(content) if isinstance(text, str) and text else None


def _post(content: Mapping[str, Any]) -> Seen | None:
    post = content.get("post")
    if not isinstance(post, dict) or not post or not all(map(_is_post, post.values())):
        return None
    return seen_post(content)


def _is_post(post: Any) -> bool:
    paragraphs = post.get("content") if isinstance(post, dict) else None
    return isinstance(paragraphs, list) and all(map(_is_paragraph, paragraphs))


def _is_paragraph(paragraph: Any) -> bool:
    return isinstance(paragraph, list) and all(map(_is_node, paragraph))


def _is_node(node: Any) -> bool:
    """An address that is none fails the whole message."""
    return isinstance(node, dict) and (node.get("tag") != "a" or is_web_address(node.get("href")))


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Seen | None]]] = {"text": _text, "post": _post}
"""An image or a shared chat needs keys that only an app can have, so none is right here."""
