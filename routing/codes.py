"""The words for stable codes that are no choices of a model: what pages show before the code itself."""

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

OUTCOMES: Mapping[str, Any] = {
    "sent": _("sent"),
    "retry": _("to be tried again"),
    "simplify": _("to be sent simpler"),
    "rejected": _("rejected"),
    "lost": _("lost"),
}
"""What an attempt led to."""

REFUSALS: Mapping[str, Any] = {
    "unsigned": _("not signed. Add the client secret in Sentry's integration, or accept unsigned calls."),
    "bad_signature": _("wrong signature. Compare the client secret with Sentry's."),
    "unreadable_secret": _("our client secret cannot be opened. Add the missing key to FIELD_KEYS, or enter it again."),
    "unknown_target": _("an unknown bot address. Add the bot, then replay."),
}
"""Why a call was refused and kept, and what to do."""

FLAGS: Mapping[str, Any] = {
    "test": _("a test"),
    "unsigned": _("accepted without a signature"),
    "unknown_resource": _("a kind of webhook that this version does not know"),
    "unfamiliar": _("routed although something about it was not known"),
    "replayed": _("refused at first, replayed later"),
    "hook": _("came through /hook"),
}
"""What was noticed about a webhook; a flag may carry a detail after a colon."""

TROUBLES: Mapping[str, Any] = {
    "regex_timeout": _("the pattern took too long"),
    "regex_suspended": _("the pattern takes too long and is suspended for some minutes"),
}
"""Why a regular expression gave no answer."""

RULE_RESULTS: Mapping[str, Any] = {
    "matched": _("matched"),
    "not_matched": _("not matched"),
    "outside_active_hours": _("outside active hours"),
    "broken": _("broken"),
    "not_reached": _("not reached"),
    "routed": _("routed"),
    "no_settings": _("Sentry sent no settings; the rules decide"),
    "unknown_target": _("there is no such target"),
}
"""What became of a rule, a silence, or a choice made in Sentry, while an alert was decided."""

ENGINES: Mapping[str, Any] = {
    "embedded": _("sends by itself"),
    "relay": _("hands on to Celery"),
    "celery": _("Celery worker"),
}
"""How a worker works."""

ACTIONS: Mapping[str, Any] = {
    "added": _("added a key or secret"),
    "add_bot": _("added a bot from a refused call"),
    "bulk_resend": _("began to resend many as they were"),
    "bulk_resend_now": _("began to resend many as they would be now"),
    "bulk_cancel": _("began to cancel many that wait"),
    "bulk_reprocess": _("began to decide many again"),
    "bulk_replay": _("began to replay many refused calls"),
    "bulk_stopped": _("stopped an act on many"),
    "bulk_finished": _("an act on many was finished"),
    "cancel": _("cancelled a delivery"),
    "changed_operations_target": _("changed the operations target"),
    "changed_severity": _("changed the severity mapping"),
    "close_thread": _("closed an alert by hand"),
    "created": pgettext_lazy("action", "created"),
    "deleted": pgettext_lazy("action", "deleted"),
    "changed": pgettext_lazy("action", "changed"),
    "restored": _("restored an earlier version"),
    "retired": _("retired a key or secret"),
    "mute": _("muted an alert from its card"),
    "password_ended": _("ended a password"),
    "reordered_rules": _("put the rules into another order"),
    "replay": _("replayed a refused call"),
    "reprocess": _("decided a webhook again"),
    "resend": _("sent a delivery again"),
    "role_changed": _("was given another role by single sign-on"),
    "test_rule": _("tested a rule"),
    "test_source": _("tested a Sentry connection"),
    "test_target": _("tested a target"),
    "view_body": _("looked at an original body"),
}
"""What somebody did, in the audit trail."""

FIELDS: Mapping[str, Any] = {
    "source": _("Sentry connection"),
    "project": _("project"),
    "environment": _("environment"),
    "level": _("event level"),
    "status": _("Sentry status"),
    "resource": _("resource"),
    "rule": _("Sentry's alert rule"),
    "title": _("title"),
    "message": _("message"),
    "culprit": _("culprit"),
    "platform": _("platform"),
    "release": _("release"),
    "logger": _("logger"),
    "issue_id": _("issue"),
}
"""What a condition asks about; `tag:NAME` and `setting:NAME` are names already."""

OPERATORS: Mapping[str, Any] = {
    "is": _("is"),
    "is_not": _("is not"),
    "in": _("is one of"),
    "not_in": _("is none of"),
    "contains": _("contains"),
    "not_contains": _("does not contain"),
    "starts_with": _("starts with"),
    "ends_with": _("ends with"),
    "glob": _("matches the pattern * ?"),
    "matches": _("matches the regular expression"),
    "not_matches": _("does not match the regular expression"),
    "at_least": _("is at least"),
    "at_most": _("is at most"),
    "is_set": _("is set"),
    "is_not_set": _("is not set"),
}

WAITS: Mapping[str, Any] = {
    "sending": _("is being sent"),
    "worker": _("waits for a free worker"),
    "limit": _("waits until the target's limit lets it go"),
    "probe": _("waits while one message at a time tries whether the target works again"),
    "paused": _("waits until the target is switched on"),
    "behind": _("waits for an older message about the same alert"),
    "digest": _("folded into a digest, which waits"),
    "gathering": _("gathers the alerts of a storm"),
    "next_attempt": _("waits for its next attempt"),
}
"""What an unfinished delivery waits for."""

SORTS: Mapping[str, Mapping[str, Any]] = {
    "outcome": OUTCOMES,
    "refusal": REFUSALS,
    "flag": FLAGS,
    "trouble": TROUBLES,
    "result": RULE_RESULTS,
    "engine": ENGINES,
    "action": ACTIONS,
    "field": FIELDS,
    "operator": OPERATORS,
    "wait": WAITS,
}


def words(sort: str, code: str) -> Any:
    """The words for a code of this sort; the code itself where it has none, as in rows of another version."""
    return SORTS[sort].get(code, code)


def name_of_model(name: str) -> Any:
    """What people call the objects of a model; the name itself for a model that is no more."""
    try:
        return apps.get_model("routing", name)._meta.verbose_name
    except (LookupError, ValueError):
        return name
