"""Content as an interactive card, in the two shapes that Feishu knows.

Text that came with an alert stands in `plain_text` only; `lark_md` and `markdown` hold words and addresses of ours.
1.0 works on every client; 2.0 needs clients from 7.20 on and refuses a card for one unknown property, so only
documented ones are written.
Source: open.feishu.cn, feishu-cards/card-json-structure and feishu-cards/card-json-v2-structure.
"""

from integrations.contract import Json
from integrations.feishu.content import Content, Link, Row


def card(content: Content, schema: str) -> Json:
    """The card object for `card` of a message with `msg_type` interactive; `schema` is `1.0` or `2.0`."""
    header = {"title": _plain(content.title), "template": content.colour}
    if schema == "2.0":
        body = {"elements": [*_main(content), *_buttons_2(content), {"tag": "hr"}, _note_2(content.note)]}
        return {"schema": "2.0", "config": {"update_multi": True}, "header": header, "body": body}
    elements = [*_main(content), *_buttons_1(content), {"tag": "hr"}, _note_1(content.note)]
    return {"config": {"wide_screen_mode": True}, "header": header, "elements": elements}


def _main(content: Content) -> list[Json]:
    """What both shapes write alike."""
    return [
        *(_div(_plain(notice)) for notice in content.notices),
        *(_columns(content.facts[start : start + 2]) for start in range(0, len(content.facts), 2)),
        *(_div(_plain(paragraph)) for paragraph in content.paragraphs),
        *(_row(row) for row in content.rows),
        *([_div(_markdown(_at(content.mentions)))] if content.mentions else []),
    ]


def _columns(facts: tuple[tuple[str, str], ...]) -> Json:
    columns = [_column([_div(_markdown(f"**{label}**")), _div(_plain(value))]) for label, value in facts]
    return {"tag": "column_set", "flex_mode": "bisect", "columns": columns}


def _row(row: Row) -> Json:
    if row.link is None:
        return _div(_plain(row.text))
    columns = [_column([_div(_plain(row.text))], weight=5), _column([_div(_markdown(_linked(row.link)))])]
    return {"tag": "column_set", "flex_mode": "none", "columns": columns}


def _buttons_1(content: Content) -> list[Json]:
    actions = [{**_button(link, kind), "url": link.url} for link, kind in _buttons(content)]
    return [{"tag": "action", "actions": actions}] if actions else []


def _buttons_2(content: Content) -> list[Json]:
    """2.0 knows no `action` element, and the address of a button is one of its behaviours; several stand in columns."""
    shown = [
        {**_button(link, kind), "behaviors": [{"type": "open_url", "default_url": link.url}]}
        for link, kind in _buttons(content)
    ]
    if len(shown) < 2:
        return shown
    columns = [{"tag": "column", "width": "auto", "elements": [button]} for button in shown]
    return [{"tag": "column_set", "flex_mode": "flow", "columns": columns}]


def _buttons(content: Content) -> list[tuple[Link, str]]:
    main = [(content.button, "primary")] if content.button else []
    return [*main, *((link, "default") for link in content.links)]


def _button(button: Link, kind: str) -> dict[str, Json]:
    return {"tag": "button", "text": _plain(button.label), "type": kind}


def _note_1(note: tuple[Link, ...]) -> Json:
    return {"tag": "note", "elements": [_markdown(_joined(note))]}


def _note_2(note: tuple[Link, ...]) -> Json:
    """2.0 knows no `note` element: small text stands in."""
    return {"tag": "markdown", "content": _joined(note), "text_size": "notation"}


def _joined(note: tuple[Link, ...]) -> str:
    return " · ".join(_linked(link) for link in note)


def _linked(link: Link) -> str:
    return f"[{link.label}]({link.url})" if link.url else link.label


def _at(mentions: tuple[str, ...]) -> str:
    return " ".join(f"<at id={mention}></at>" for mention in mentions)


def _column(elements: list[Json], weight: int = 1) -> Json:
    return {"tag": "column", "width": "weighted", "weight": weight, "elements": elements}


def _div(text: Json) -> Json:
    return {"tag": "div", "text": text}


def _plain(content: str) -> Json:
    return {"tag": "plain_text", "content": content}


def _markdown(content: str) -> Json:
    return {"tag": "lark_md", "content": content}
