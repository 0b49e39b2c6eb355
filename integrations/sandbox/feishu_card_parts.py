"""Feishu's rules for the small parts of a card: texts, buttons, addresses, properties."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from integrations.sandbox.feishu_card_tables import INLINE, TEXT_2

MAX_BUTTON_TEXT: Final = 100

UNPARSABLE: Final = 200621
UNSUPPORTED_TAG: Final = 200861
WRONG_PLACE: Final = 200410
BAD_VALUE: Final = 200550
TOO_MANY: Final = 11310


@dataclass(frozen=True, slots=True)
class Refusal:
    """Feishu's own number for what is wrong with a card, its words, and the value in question."""

    code: int
    words: str
    value: str = ""


def unparsable(name: str) -> Refusal:
    """What is there cannot be read as what it should be."""
    return Refusal(UNPARSABLE, "parse card json err", name)


def unknown_properties(node: Mapping[str, Any], allowed: frozenset[str] | None) -> Iterator[Refusal]:
    """In 2.0 one property too many refuses the whole card; `allowed` is None where any are let through."""
    if allowed is not None:
        for name in sorted(node.keys() - allowed):
            yield Refusal(UNPARSABLE, "unknown property", name)


def objects(value: Any) -> list[dict[str, Any]] | None:
    """The value, when it is a list of objects."""
    return value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else None


def is_one_of(value: Any, allowed: frozenset[str]) -> bool:
    """True for a text that is allowed; whatever else JSON can hold is not."""
    return isinstance(value, str) and value in allowed


def text_refusals(text: Any, *, two: bool) -> Iterator[Refusal]:
    """What is wrong with a text object."""
    if not isinstance(text, dict) or not is_one_of(text.get("tag"), INLINE):
        yield unparsable("text")
        return
    if two:
        yield from unknown_properties(text, TEXT_2)
    if not isinstance(text.get("content"), str):
        yield unparsable("content")


def button_refusals(button: Mapping[str, Any], *, two: bool) -> Iterator[Refusal]:
    """What is wrong with a button, its own properties apart; an address that is none fails the whole card."""
    text, behaviors, multi = button.get("text"), objects(button.get("behaviors", [])), button.get("multi_url", {})
    yield from text_refusals(text, two=two)
    if behaviors is None or not isinstance(multi, dict):
        yield unparsable("behaviors")
        return
    urls = [button.get("url"), multi.get("url"), *(behavior.get("default_url") for behavior in behaviors)]
    for url in urls:
        if url is not None and not is_web_address(url):
            yield Refusal(BAD_VALUE, "invalid url", str(url))
    if isinstance(text, dict) and len(str(text.get("content"))) > MAX_BUTTON_TEXT:
        yield Refusal(BAD_VALUE, "button text is too long", "text")


def is_web_address(url: Any) -> bool:
    """True for an absolute http or https address without blanks or control characters."""
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
