"""Feishu's error codes as data.

Sources: Feishu's custom bot guide, the page on sending cards with a custom bot, the generic error code page and the
message API's error lists (open.feishu.cn); codes that no page lists were seen in logs published by
caronc/apprise, feiyu563/PrometheusAlert, XUJiahua/alertmanager-webhook-feishu and larksuite/cli.
"""

from collections.abc import Mapping

from integrations.contract import Outcome, OutcomeKind, Reason

BAD_REQUEST = 9499
"""Says two things with one number: a malformed body and throttling; its message decides."""

CARD_FAILED = frozenset({11246, 230099})
"""Envelopes: the card was refused, and the message holds the reason's own number."""

THROTTLED = Outcome(kind=OutcomeKind.RETRY, reason=Reason.RATE_LIMITED)
BUSY = Outcome(kind=OutcomeKind.RETRY, reason=Reason.SERVER_ERROR)
CONTENT = Outcome(kind=OutcomeKind.SIMPLIFY, reason=Reason.CONTENT_REFUSED)
MENTION = Outcome(kind=OutcomeKind.SIMPLIFY, reason=Reason.MENTION_REFUSED, drop_mentions=True)

_TOO_LARGE = Outcome(kind=OutcomeKind.SIMPLIFY, reason=Reason.TOO_LARGE)
_AUDIT = Outcome(kind=OutcomeKind.SIMPLIFY, reason=Reason.CONTENT_AUDIT)


def _broken(reason: Reason) -> Outcome:
    return Outcome(kind=OutcomeKind.REJECTED, reason=reason, broken=True)


_BY_OUTCOME: tuple[tuple[Outcome, tuple[int, ...]], ...] = (
    (THROTTLED, (11232, 11233, 11247, 230020, 99991400)),
    (BUSY, (1500, 2200, 5000, 10101, 55001)),
    # Cards: creation failed, elements over the limit, unparsable, wrong tag, wrong place, template troubles.
    (CONTENT, (11246, 230099, 11310, 300305, 200621, 200861, 200410, 200550, 200570, 200914, 200380, 200381, 200732)),
    (MENTION, (100290, 11235)),
    (_TOO_LARGE, (19036, 230025)),
    (_AUDIT, (11248, 11312, 18054, 230022, 230028)),
    (Outcome(kind=OutcomeKind.REJECTED, reason=Reason.CONTENT_REFUSED), (19002,)),
    (_broken(Reason.BAD_SIGNATURE), (19021,)),
    (_broken(Reason.SENDER_REFUSED), (19022,)),
    (_broken(Reason.KEYWORD_MISSING), (19024,)),
    # Token invalid; group dissolved or not found; bot disabled or not found.
    (_broken(Reason.BAD_ADDRESS), (19001, 11231, 11237, 232009, 11240, 11249)),
    (_broken(Reason.SPEECH_FORBIDDEN), (11242, 230018, 230035)),
)

OUTCOMES: Mapping[int, Outcome] = {code: outcome for outcome, codes in _BY_OUTCOME for code in codes}
