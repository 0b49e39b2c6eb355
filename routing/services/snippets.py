"""Routing tests made from the log: what happened once, as the configuration file asks for it from then on."""

from collections.abc import Mapping
from typing import Any

import yaml

from integrations.contract import DROP, RawCall
from integrations.sentry.resources import RESOURCE_HEADER
from routing.models import Delivery, DeliveryReason, Inbound, InboundReason, InboundStatus

MOST_INLINE = 200_000
"""Characters of a payload that stand in the file itself."""

_UNTESTABLE = (InboundStatus.RECEIVED, InboundStatus.FAILED)


class _Dumper(yaml.SafeDumper):
    """Payloads as they are, below each other; every other text in one line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if text.lstrip().startswith("{") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def is_testable(inbound: Inbound) -> bool:
    """False for what the rules were not asked about: calls of `/hook`, and what is not decided."""
    asked = not any(flag.partition(": ")[0] == "hook" for flag in inbound.flags)
    return asked and inbound.status not in _UNTESTABLE


def routing_test(inbound: Inbound, call: RawCall | None = None, *, inline: bool = False) -> str:
    """The `tests:` section that expects of this webhook's payload what the rules decided when it came.

    The payload is named by a path to save it under, or with `inline` stands in the text, where it is a JSON object of
    at most MOST_INLINE characters. Raises ValueError for a webhook that is not testable.
    """
    if not is_testable(inbound):
        raise ValueError("the rules were not asked about this webhook")
    payload = _inline(call) if inline and call else None
    test = {
        "name": f"#{inbound.pk} {inbound.title}".strip()[:200],
        "payload": payload or payload_path(inbound),
        "source": inbound.source_name,
        "resource": call.headers.get(RESOURCE_HEADER, "") if call else inbound.resource,
        "at": inbound.received_at.isoformat(timespec="seconds"),
        "expect": _expected(inbound),
    }
    return yaml.dump({"tests": [test]}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000_000)


def payload_path(inbound: Inbound) -> str:
    """Where a routing test looks for the payload, beside the configuration file."""
    return f"payloads/inbound-{inbound.pk}.json"


def _inline(call: RawCall) -> str | None:
    try:
        text = call.body.decode()
    except UnicodeDecodeError:
        return None
    return text if text.lstrip().startswith("{") and "\0" not in text and len(text) <= MOST_INLINE else None


def _expected(inbound: Inbound) -> dict[str, Any]:
    alert, decision = inbound.alert or {}, inbound.decision or {}
    if alert.get("sentry_status") == "resolved":  # a routing test knows nothing of what was told before
        return {"targets": [], "reason": str(InboundReason.RECOVERY_WITHOUT_FIRING)}
    told = (decision.get("trace") or {}).get("targets") or []
    if any(target.get("silence") is not None for target in told):
        return {"targets": [], "reason": str(DeliveryReason.SILENCED)}
    severities = _severities(inbound, told)
    expected: dict[str, Any] = {"targets": sorted(severities)}
    if severities:
        is_one = len(set(severities.values())) == 1
        expected["severity"] = next(iter(severities.values())) if is_one else dict(sorted(severities.items()))
    return {**expected, "reason": inbound.reason}


def _severities(inbound: Inbound, told: list[Mapping[str, Any]]) -> dict[str, str]:
    disabled = set(
        Delivery.objects.filter(inbound=inbound, reason=DeliveryReason.TARGET_DISABLED).values_list(
            "target_name", flat=True
        )
    )
    found = {target["name"]: target["severity"] for target in told}
    return {name: severity for name, severity in found.items() if severity != DROP and name not in disabled}
