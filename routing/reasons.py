"""What went wrong with an attempt, in words: what a reason means, and what to do about it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.contract import Reason
from routing.models import DeliveryReason


@dataclass(frozen=True, slots=True)
class Wording:
    """Two sentences for people."""

    meaning: Any
    advice: Any = ""


ATTEMPT: dict[str, Wording] = {
    Reason.BAD_ADDRESS: Wording(
        _("the address leads nowhere: the bot was removed, or the key revoked"),
        _("Make the bot or integration anew and paste its address into the target."),
    ),
    Reason.BAD_SIGNATURE: Wording(
        _("the other side refused our signature"),
        _("Compare the signing secret of the target; check that the clock of this machine is right."),
    ),
    Reason.SENDER_REFUSED: Wording(
        _("our address is not on their allow-list"),
        _("Add the outgoing address of this machine to the bot's allow-list."),
    ),
    Reason.KEYWORD_MISSING: Wording(
        _("the bot asks for a keyword that the message lacks"), _("Enter the bot's keyword on the target.")
    ),
    Reason.SPEECH_FORBIDDEN: Wording(
        _("this sender may not speak there"), _("Ask the group's administrator to let the bot speak.")
    ),
    Reason.MENTION_REFUSED: Wording(
        _("the mention was refused"), _("Mention only members of the group; only administrators may mention everyone.")
    ),
    Reason.CONTENT_REFUSED: Wording(_("the message was refused as malformed"), _("Report it: this is our mistake.")),
    Reason.CONTENT_AUDIT: Wording(
        _("their content inspection stopped the message"), _("Look at the message; personal data is a usual cause.")
    ),
    Reason.TOO_LARGE: Wording(_("the message was too large"), _("Report it: this is our mistake.")),
    Reason.NO_LICENSE: Wording(
        _("the account may not take alerts"), _("Look at the licence and balance of the Flashduty account.")
    ),
    Reason.RATE_LIMITED: Wording(_("too many messages"), _("Nothing: it waits and tries again.")),
    Reason.SERVER_ERROR: Wording(_("the other side had trouble of its own"), _("Nothing: it waits and tries again.")),
    Reason.UNREADABLE_ANSWER: Wording(
        _("an answer that proves nothing"),
        _("Look at the answer: a proxy or another service may stand at the address."),
    ),
    Reason.REDIRECTED: Wording(_("the address redirects"), _("Paste the final address into the target.")),
    Reason.REFUSED: Wording(_("refused"), _("Look at the code and the answer below.")),
    Reason.TIMEOUT: Wording(_("no answer in time"), _("Nothing: it waits and tries again.")),
    Reason.CONNECT_FAILED: Wording(_("no connection"), _("Check that this machine can reach the address.")),
    Reason.CONNECTION_LOST: Wording(_("the connection broke"), _("Nothing: it waits and tries again.")),
    Reason.DNS_FAILED: Wording(_("the name could not be looked up"), _("Check the address and this machine's DNS.")),
    Reason.TLS_FAILED: Wording(
        _("no trusted encryption"), _("Check the certificate at the address and this machine's clock.")
    ),
    Reason.ADDRESS_FORBIDDEN: Wording(
        _("the address is not allowed"), _("Allow the host with EGRESS_ALLOWED_HOSTS, if it is meant to be reached.")
    ),
    Reason.RENDER_FAILED: Wording(
        _("our own error while writing the message"), _("Report it with the log of the worker.")
    ),
    Reason.UNREADABLE_CREDENTIALS: Wording(
        _("the target's secret cannot be opened"),
        _("Add the key it was sealed with to FIELD_KEYS, or enter the secret again."),
    ),
    Reason.BODY_EXPIRED: Wording(
        _("the original bytes are gone"),
        _("This mode forwards nothing else; keep bodies longer with BODY_RETENTION_DAYS."),
    ),
    "lost": Wording(
        _("the worker died during the attempt; whether it arrived is not known"), _("Nothing: it was sent again.")
    ),
    "expired": Wording(_("not delivered within 24 hours"), _("Mend the target, then resend.")),
}


LEFT_OUT: dict[str, Any] = {
    "unfinished": _("still on their way"),
    "target_gone": _("their target was deleted"),
    "target_disabled": _("their target is off"),
    "sent_again": _("were sent again already"),
    "no_alert": _("no kept alert that could be decided again"),
    "recovery": _("recoveries: they go where their alert was told; send them as they were"),
    "not_waiting": _("do not wait any more"),
    "decided": _("were routed or ignored: there is nothing to decide again"),
    "body_gone": _("their original body is no longer kept"),
    "replayed": _("were replayed already"),
    "refused_again": _("were refused again: mend the cause first"),
    "told": _("the target has heard of it"),
    "unmatched": _("no rule matches now"),
    "silenced": _("silenced now"),
    "dropped": _("severity says now: do not send"),
    "unsupported_by_mode": _("the target's mode cannot say this"),
    "gone": _("no longer in the log"),
    "failed": _("our own error: see the log of the worker"),
}
"""Why an act on many does not take a row on, or did nothing to it."""


def wording(reason: str) -> Wording:
    """The words for a delivery's or attempt's reason; the bare code where it has none."""
    if reason in ATTEMPT:
        return ATTEMPT[reason]
    if reason in DeliveryReason.values:
        return Wording(DeliveryReason(reason).label)
    return Wording(reason)
