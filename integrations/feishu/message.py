"""From a neutral message to the HTTP request that a Feishu bot accepts."""

from datetime import datetime

import orjson

from integrations.contract import Json, Message, OutboundRequest, OutcomeKind, Settings
from integrations.feishu.card import card
from integrations.feishu.compose import compose
from integrations.feishu.content import BUDGETS, Budget
from integrations.feishu.signature import sign
from integrations.feishu.text import text
from integrations.feishu.words import words_for

SIZE_LIMIT = 20_000
"""Bytes of the whole body. Feishu's guide says 20 KB and its error list 30 KB; the smaller one is kept."""


def render(
    message: Message, settings: Settings, now: datetime, simplification: OutcomeKind | None = None
) -> OutboundRequest:
    """The signed request for one attempt at `now`: a card, or plain text without mentions once a card was refused.

    The body never exceeds `SIZE_LIMIT`: free text and lists give way, and say so with `…`.
    Raises ValueError for a message without its alert or listing.
    """
    signed = sign(settings["secret"], now) if settings["secret"] else {}
    for budget in BUDGETS:
        body = orjson.dumps({**signed, **_payload(message, settings, simplification, budget)})
        if len(body) <= SIZE_LIMIT:
            break
    return OutboundRequest(
        url=settings["webhook_url"],
        body=body,
        headers={"Content-Type": "application/json; charset=utf-8"},
        secrets=tuple(filter(None, (settings["webhook_url"].rpartition("/")[2], settings["secret"]))),
    )


def _payload(message: Message, settings: Settings, simplification: OutcomeKind | None, budget: Budget) -> Json:
    content = compose(message, settings, budget)
    if simplification is None:
        return {"msg_type": "interactive", "card": card(content, settings["card_schema"])}
    return {"msg_type": "text", "content": {"text": text(content, words_for(settings["language"]))}}
