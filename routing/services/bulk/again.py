"""Whom the rules would tell of a kept alert if it came now, without telling anybody twice."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from integrations.contract import Alert
from routing.models import Inbound
from routing.policy import alerts
from routing.policy.deciding import decide
from routing.policy.specs import TargetVerdict
from routing.policy.threads import NEW_THREAD, store_firing
from routing.policy.whatif import StandingGuard
from routing.selectors.snapshot import Snapshot, TargetEntry
from routing.services.storing.judging import can_be_told
from routing.services.storing.prepared import Direct


@dataclass(frozen=True, slots=True)
class Telling:
    """One target that the rules name; `reason` says why it is not told all the same."""

    target: TargetEntry
    verdict: TargetVerdict
    reason: str = ""


def tellings(inbound: Inbound, told: Collection[tuple[int, int]], snapshot: Snapshot, now: datetime) -> list[Telling]:
    """Every target that today's rules name for a firing alert; `told` has the (inbound, target) pairs that know of it.

    Repeat control is not asked: somebody asked for it to be said again.
    """
    alert = alerts.from_json(inbound.alert or {})
    direct = Direct.of(inbound.flags)
    rules = snapshot.rules
    if direct is not None:
        rules = snapshot.bare_rules
        alert = replace(alert, settings={"target": direct.target} if direct.target else {})
    decision = decide(alert, source=inbound.source_name, rules=rules, now=now, guard=StandingGuard(now))
    found = []
    for verdict in decision.verdicts:
        target = snapshot.targets.get(verdict.target)
        if target is not None:
            is_told = (inbound.pk, target.id) in told
            reason = "told" if is_told else _held_back(inbound, alert, target, verdict, now)
            found.append(Telling(target, verdict, reason))
    return found


def why_nobody(found: Collection[Telling]) -> str:
    """Why nobody is told; "" when somebody is."""
    if not found:
        return "unmatched"
    return "" if any(not telling.reason for telling in found) else next(telling.reason for telling in found)


def _held_back(inbound: Inbound, alert: Alert, target: TargetEntry, verdict: TargetVerdict, now: datetime) -> str:
    is_test = inbound.is_test or alert.is_test
    step = store_firing(
        NEW_THREAD,
        replace(verdict, silence=None) if is_test else verdict,
        status=alert.sentry_status,
        target_enabled=target.enabled,
        supported=can_be_told(target, alert, is_test=is_test),
        round_untold=False,
        now=now,
    )
    return str(step.reason)
