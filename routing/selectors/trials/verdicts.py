"""What the rules made of a test alert: told, or which condition or rule stood in the way."""

from typing import Any

from django.utils.translation import gettext as _

from routing.codes import words
from routing.models import Inbound, InboundReason, InboundStatus, Trial, TrialOf
from routing.selectors.stories import DeliveryLine
from routing.selectors.trials.steps import DONE, FAILED, WAITING, Step, no_worker
from routing.selectors.workers import WorkState


def verdict_step(trial: Trial, inbound: Inbound, lines: list[DeliveryLine], work: WorkState) -> Step:
    """The step `decided`."""
    if inbound.status == InboundStatus.RECEIVED:
        return Step("decided", WAITING, _("The worker decides it in its turn."), advice=no_worker(work))
    at = inbound.received_at
    if inbound.status not in (InboundStatus.ROUTED, InboundStatus.UNROUTED):
        return Step("decided", FAILED, str(inbound.get_reason_display()), at=at)
    if trial.of == TrialOf.RULE:
        wrong, advice = _of_rule(trial, inbound)
        if wrong:
            return Step("decided", FAILED, wrong, at=at, advice=advice)
    told = ", ".join(line.delivery.target_name for line in lines)
    if inbound.status == InboundStatus.UNROUTED:
        said = _("No rule matched, and there are no default targets: nobody is told.")
        return Step("decided", FAILED, said, at=at, advice=_("Make a rule for the project, or set default targets."))
    if trial.of == TrialOf.TARGET and trial.target_id not in {line.delivery.target_id for line in lines}:
        said = _("The rules tell %(told)s, and not %(target)s.") % {"told": told, "target": trial.name}
        return Step(
            "decided",
            FAILED,
            said,
            at=at,
            advice=_("Add the target to the rule that matched, or send straight to it."),
        )
    return Step("decided", DONE, f"{_how(inbound, lines)} → {told}", at=at)


def _how(inbound: Inbound, lines: list[DeliveryLine]) -> str:
    rules = dict.fromkeys(rule for line in lines for rule in line.delivery.rules)
    if rules:
        return _("Matched by %(rules)s") % {"rules": ", ".join(rules)}
    if inbound.reason == InboundReason.DEFAULT_TARGETS:
        return _("No rule matched: the default targets are told")
    return _("Chosen in Sentry's alert rule")


def _of_rule(trial: Trial, inbound: Inbound) -> tuple[str, str]:
    """Why the rule that is tried did not take the alert, and what to do; ("", "") where it did."""
    trace = (inbound.decision or {}).get("trace") or {}
    entry = next((rule for rule in trace.get("rules") or () if rule["id"] == trial.rule_id), None)
    named = {"rule": trial.name}
    if (trace.get("direct") or {}).get("result") == "routed":
        said = _("The settings that the rule asks for name a target, which is told without asking the rules.")
        return said, _("Ask for another setting than target.")
    if entry is None:
        return _absent(trial, named)
    if entry["result"] == "matched":
        return (
            ("", "")
            if entry.get("targets")
            else (_("The rule matched, and tells nobody."), _("Give the rule a target."))
        )
    if entry["result"] == "not_reached":
        named["earlier"] = _last_matched(trace)
        said = _("The rule was not reached: %(earlier)s matched before it and says stop.") % named
        return said, _("Move the rule up, make the earlier one narrower, or let it say continue.")
    if entry["result"] == "outside_active_hours":
        return _("The conditions hold, but the rule is outside its active hours."), _("Test again in its active hours.")
    if entry["result"] == "broken":
        return _("The rule cannot work: %(why)s") % {"why": entry.get("detail", "")}, _("Correct its conditions.")
    failing = "; ".join(_in_words(condition) for condition in entry.get("when") or () if not condition["holds"])
    said = _("The rule did not match because of: %(conditions)s") % {"conditions": failing or _("its project")}
    return said, _obstacle_advice(trial)


def _absent(trial: Trial, named: dict[str, str]) -> tuple[str, str]:
    rule = trial.rule
    if rule is None:
        return _("The rule was deleted."), ""
    if not rule.enabled:
        return _("The rule is switched off."), _("Enable the rule, then test again.")
    said = _("The rule was not asked: it is bound to another connection or project.")
    return said, _("Choose the connection that the rule is bound to.")


def _obstacle_advice(trial: Trial) -> str:
    if not trial.obstacles:
        return ""
    return _(
        "A test cannot be made to meet this: it never takes the number of a real issue, never recovers, and does not "
        "solve every pattern. Wait for a real alert, or ask what would change on the rule's form."
    )


def _last_matched(trace: dict[str, Any]) -> str:
    names = [rule["name"] for rule in trace.get("rules") or () if rule["result"] == "matched"]
    return names[-1] if names else "—"


def _in_words(condition: dict[str, Any]) -> str:
    if "any" in condition:
        return _(" or ").join(_in_words(each) for each in condition["any"])
    value = condition.get("value", "")
    wanted = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    seen = ", ".join(condition["seen"]) or _("nothing")
    return _("%(condition)s (seen: %(seen)s)") % {
        "condition": f"{words('field', condition['field'])} {words('operator', condition['op'])} {wanted}".strip(),
        "seen": seen,
    }
