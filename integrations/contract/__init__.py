"""The neutral words that every integration and the application share.

An integration only translates. A source turns a request into a `Reading`; a destination turns a
`Message` into an `OutboundRequest` and the `Response` into an `Outcome`. None of them opens a
socket, reads a clock or knows a table, so each is a table of inputs and outputs to its tests.
"""

from integrations.contract.alerts import (
    DROP,
    LEVELS,
    Alert,
    MalformedPayload,
    ProjectHint,
    Reading,
    SentryStatus,
    Severity,
)
from integrations.contract.destinations import ConfigError, Destination, Field, FieldType, Json, Limits, Settings
from integrations.contract.messages import ListedAlert, Listing, Message, MessageType, RawCall
from integrations.contract.sources import Source
from integrations.contract.text import Text
from integrations.contract.waiting import retry_after, seconds_in
from integrations.contract.wire import OutboundRequest, Outcome, OutcomeKind, Reason, Response

__all__ = [
    "DROP",
    "LEVELS",
    "Alert",
    "ConfigError",
    "Destination",
    "Field",
    "FieldType",
    "Json",
    "Limits",
    "ListedAlert",
    "Listing",
    "MalformedPayload",
    "Message",
    "MessageType",
    "OutboundRequest",
    "Outcome",
    "OutcomeKind",
    "ProjectHint",
    "RawCall",
    "Reading",
    "Reason",
    "Response",
    "SentryStatus",
    "Settings",
    "Severity",
    "Source",
    "Text",
    "retry_after",
    "seconds_in",
]
