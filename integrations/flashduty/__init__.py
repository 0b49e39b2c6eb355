"""Flashduty as a destination: the standard alert push, and the push address of its own Sentry integration."""

from integrations.contract import Destination, Text
from integrations.flashduty.config import DEFAULT_LIMITS, FIELDS, HOSTS, address, check, own_severity, unsigned
from integrations.flashduty.message import render, unsupported
from integrations.flashduty.response import interpret

DESTINATION = Destination(
    kind="flashduty",
    label=Text("Flashduty", "Flashduty"),
    fields=FIELDS,
    hosts=HOSTS,
    limits=DEFAULT_LIMITS,
    folds_storms=False,
    check=check,
    address=address,
    unsupported=unsupported,
    render=render,
    interpret=interpret,
    own_severity=own_severity,
    unsigned=unsigned,
)
