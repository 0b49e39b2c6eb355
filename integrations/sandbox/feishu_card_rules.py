"""Which cards Feishu refuses, and with which number.

Sources: open.feishu.cn feishu-cards/card-json-structure, card-json-v2-structure, card-json-v2-breaking-changes and the
pages of the single components; the numbers from the error lists of the message API.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from integrations.sandbox.feishu_card_parts import (
    BAD_VALUE,
    TOO_MANY,
    UNSUPPORTED_TAG,
    WRONG_PLACE,
    Refusal,
    button_refusals,
    is_one_of,
    objects,
    text_refusals,
    unknown_properties,
    unparsable,
)
from integrations.sandbox.feishu_card_tables import (
    BESIDE,
    COLOURS,
    COLUMN_2,
    CONFIG_2,
    CONTAINERS,
    ELEMENTS_1,
    ELEMENTS_2,
    HEADER_2,
    ROOT_2,
)

MAX_ELEMENTS: Final = 200
MAX_NESTING: Final = 5


def first_refusal(card: Mapping[str, Any]) -> Refusal | None:
    """What is wrong with a card, or None for one that can be shown; answers for any JSON object."""
    return next(_Rules(two="schema" in card).card(card), None)


@dataclass(frozen=True, slots=True)
class _Rules:
    two: bool
    """JSON 2.0, which refuses what it does not know; 1.0 overlooks it."""

    def card(self, card: Mapping[str, Any]) -> Iterator[Refusal]:
        if self.two and card["schema"] != "2.0":
            yield unparsable("schema")
        yield from self._known(card, ROOT_2)
        yield from self._config(card.get("config", {}))
        yield from self._header(card.get("header", {}))
        holder = card.get("body", {}) if self.two else card
        if not isinstance(holder, dict):
            yield unparsable("body")
        else:
            yield from self._elements(holder.get("elements", []), depth=0)
        if _tagged(card) > MAX_ELEMENTS:
            yield Refusal(TOO_MANY, "element exceeds the limit", str(MAX_ELEMENTS))

    def _known(self, node: Mapping[str, Any], allowed: frozenset[str] | None) -> Iterator[Refusal]:
        return unknown_properties(node, allowed if self.two else None)

    def _config(self, config: Any) -> Iterator[Refusal]:
        if not isinstance(config, dict):
            yield unparsable("config")
            return
        yield from self._known(config, CONFIG_2)
        if self.two and config.get("update_multi", True) is not True:
            yield Refusal(BAD_VALUE, "update_multi can only be true", "update_multi")

    def _header(self, header: Any) -> Iterator[Refusal]:
        if not isinstance(header, dict):
            yield unparsable("header")
            return
        yield from self._known(header, HEADER_2)
        for name in ("title", "subtitle"):
            if name in header:
                yield from text_refusals(header[name], two=self.two)
        if not is_one_of(header.get("template", "default"), COLOURS):
            yield Refusal(BAD_VALUE, "invalid header template", str(header["template"]))

    def _elements(self, elements: Any, *, depth: int) -> Iterator[Refusal]:
        listed = objects(elements)
        if listed is None:
            yield unparsable("elements")
        for element in listed or ():
            yield from self._element(element, depth=depth)

    def _element(self, element: Mapping[str, Any], *, depth: int) -> Iterator[Refusal]:
        tag = element.get("tag")
        if not is_one_of(tag, frozenset(ELEMENTS_2) if self.two else ELEMENTS_1):
            yield Refusal(UNSUPPORTED_TAG, "not support tag", str(tag))
            return
        yield from self._known(element, ELEMENTS_2.get(str(tag)))
        if depth + (tag in CONTAINERS) > MAX_NESTING:
            yield Refusal(WRONG_PLACE, "nested too deeply", str(tag))
            return
        yield from self._inside(str(tag), element, depth=depth)

    def _inside(self, tag: str, element: Mapping[str, Any], *, depth: int) -> Iterator[Refusal]:
        match tag:
            case "div":
                yield from self._div(element)
            case "markdown":
                if not isinstance(element.get("content"), str):
                    yield unparsable("content")
            case "button":
                yield from button_refusals(element, two=self.two)
            case "column_set":
                yield from self._columns(element.get("columns", []), depth=depth + 1)
            case "action":
                yield from self._beside(element.get("actions", []), "actions")
            case "note":
                yield from self._note(element.get("elements", []))
            case _ if tag in CONTAINERS:
                yield from self._elements(element.get("elements", []), depth=depth + 1)

    def _div(self, element: Mapping[str, Any]) -> Iterator[Refusal]:
        if "text" in element:
            yield from text_refusals(element["text"], two=self.two)
        fields = objects(element.get("fields", []))
        if fields is None:
            yield unparsable("fields")
        for field in fields or ():
            yield from text_refusals(field.get("text"), two=self.two)
        if "extra" in element:
            yield from self._beside([element["extra"]], "extra")

    def _beside(self, elements: Any, place: str) -> Iterator[Refusal]:
        listed = objects(elements)
        if listed is None:
            yield unparsable(place)
        for element in listed or ():
            if is_one_of(element.get("tag"), BESIDE):
                yield from self._element(element, depth=0)
            else:
                yield Refusal(WRONG_PLACE, "not an element for this place", place)

    def _columns(self, columns: Any, *, depth: int) -> Iterator[Refusal]:
        listed = objects(columns)
        if listed is None:
            yield unparsable("columns")
        for column in listed or ():
            if column.get("tag") != "column":
                yield Refusal(WRONG_PLACE, "only columns stand in a column_set", "columns")
            yield from self._known(column, COLUMN_2)
            yield from self._elements(column.get("elements", []), depth=depth)

    def _note(self, elements: Any) -> Iterator[Refusal]:
        listed = objects(elements)
        if listed is None:
            yield unparsable("elements")
        for element in listed or ():
            if element.get("tag") != "img":
                yield from text_refusals(element, two=self.two)


def _tagged(card: Mapping[str, Any]) -> int:
    """How many elements and text objects the card holds."""
    count = 0
    waiting: list[Any] = [card]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            count += "tag" in node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return count
