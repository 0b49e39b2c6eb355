"""What a person in the group sees of a message that Feishu accepted."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from integrations.sandbox.feishu_markup import markdown_spans, text_message_spans
from integrations.sandbox.verdict import Block, Seen, Span

_BREAK = Span("\n")
_FOOTNOTE_SIZE = "notation"


def seen_text(content: Mapping[str, Any]) -> Seen:
    """A message with `msg_type` text."""
    return Seen(form="text", blocks=(Block("text", (text_message_spans(str(content["text"])),)),))


def seen_post(content: Mapping[str, Any]) -> Seen:
    """A message with `msg_type` post, in the first language that it holds."""
    post = next(iter(content["post"].values()))
    cells = [tuple(chain.from_iterable(map(_post_node, paragraph))) for paragraph in post["content"]]
    return Seen(form="post", title=str(post.get("title", "")), blocks=tuple(Block("text", (cell,)) for cell in cells))


def seen_card(card: Mapping[str, Any]) -> Seen:
    """A card of either version that has passed the card rules."""
    header = card.get("header") or {}
    elements = (card.get("body") or {}).get("elements") if card.get("schema") else card.get("elements")
    blocks = tuple(chain.from_iterable(_blocks(element) for element in elements or ()))
    title = "".join(span.text for span in _text(header.get("title")))
    return Seen(form="card", title=title, colour=str(header.get("template", "default")), blocks=blocks)


def _post_node(node: Mapping[str, Any]) -> tuple[Span, ...]:
    if node.get("tag") == "a":
        return (Span(str(node.get("text", "")), url=str(node.get("href", ""))),)
    if node.get("tag") == "at":
        user = str(node.get("user_id", ""))
        return (Span(f"@{user}", mention=user),)
    return (Span(str(node.get("text", ""))),) if node.get("tag") == "text" else ()


def _blocks(element: Mapping[str, Any]) -> Iterator[Block]:
    show = _SHOWN.get(element["tag"])
    if show:
        yield from show(element)


def _div(element: Mapping[str, Any]) -> Iterator[Block]:
    text = element.get("text") or {}
    small = text.get("text_size") == _FOOTNOTE_SIZE
    if spans := _text(text):
        yield Block("note" if small else "text", (spans,))
    if fields := [_text(field.get("text")) for field in element.get("fields") or ()]:
        yield Block("columns", tuple(fields))
    if element.get("extra"):
        yield from _blocks(element["extra"])


def _markdown(element: Mapping[str, Any]) -> Iterator[Block]:
    yield Block("note" if element.get("text_size") == _FOOTNOTE_SIZE else "text", (_text(element),))


def _column_set(element: Mapping[str, Any]) -> Iterator[Block]:
    inner = [list(_within(column)) for column in element.get("columns") or ()]
    cells = (_stacked([block for block in blocks if block.kind != "buttons"]) for blocks in inner)
    yield Block("columns", tuple(cell for cell in cells if cell))
    yield from (block for blocks in inner for block in blocks if block.kind == "buttons")


def _stacked(blocks: list[Block]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for cell in chain.from_iterable(block.cells for block in blocks):
        spans += [_BREAK, *cell] if spans else cell
    return tuple(spans)


def _within(element: Mapping[str, Any]) -> Iterator[Block]:
    for inner in element.get("elements") or ():
        yield from _blocks(inner)


def _note(element: Mapping[str, Any]) -> Iterator[Block]:
    yield Block("note", (tuple(chain.from_iterable(_text(inner) for inner in element.get("elements") or ())),))


def _action(element: Mapping[str, Any]) -> Iterator[Block]:
    yield Block("buttons", tuple(map(_button_cell, filter(_is_button, element.get("actions") or ()))))


def _button(element: Mapping[str, Any]) -> Iterator[Block]:
    yield Block("buttons", (_button_cell(element),))


def _is_button(element: Mapping[str, Any]) -> bool:
    return element.get("tag") == "button"


def _button_cell(button: Mapping[str, Any]) -> tuple[Span, ...]:
    urls = [button.get("url"), (button.get("multi_url") or {}).get("url")]
    urls += [behavior.get("default_url") for behavior in button.get("behaviors") or ()]
    text = "".join(span.text for span in _text(button.get("text")))
    return (Span(text, url=next((str(url) for url in urls if url), "")),)


def _rule(_element: Mapping[str, Any]) -> Iterator[Block]:
    yield Block("rule")


def _text(text: Mapping[str, Any] | None) -> tuple[Span, ...]:
    """A text object: markup is alive in `lark_md` and `markdown`, dead in `plain_text`."""
    if not text:
        return ()
    content = str(text.get("content", ""))
    if text.get("tag") in {"lark_md", "markdown"}:
        return markdown_spans(content)
    return (Span(content),) if content else ()


_SHOWN: Final[Mapping[str, Callable[[Mapping[str, Any]], Iterator[Block]]]] = {
    "div": _div,
    "markdown": _markdown,
    "column_set": _column_set,
    "note": _note,
    "action": _action,
    "button": _button,
    "hr": _rule,
    "form": _within,
    "interactive_container": _within,
    "collapsible_panel": _within,
}
"""Other elements show no text of their own."""
