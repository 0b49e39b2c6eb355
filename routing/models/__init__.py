"""Data, constraints and trivial properties; behaviour lives in services."""

from routing.models.bulk import ActorKind, BulkAct, BulkItem, BulkJob, BulkReason, BulkStatus
from routing.models.deliveries import Attempt, Delivery, DeliveryReason, DeliveryStatus, MessageType, OpenThread, Thread
from routing.models.log import Inbound, InboundBody, InboundReason, InboundStatus, QuarantinedCall
from routing.models.operations import ApiToken, AuditEntry, Notice, Role, SandboxCall, Worker
from routing.models.rules import (
    ConfigurationStamp,
    Level,
    Rule,
    RulesVersion,
    SentryStatus,
    Severity,
    SeverityMapping,
    Silence,
)
from routing.models.sources import ClientSecret, HookKey, Project, Rhythm, Source
from routing.models.targets import FeishuBot, FlashdutyTarget, Target
from routing.models.trials import Trial, TrialOf

__all__ = [
    "ActorKind",
    "ApiToken",
    "Attempt",
    "AuditEntry",
    "BulkAct",
    "BulkItem",
    "BulkJob",
    "BulkReason",
    "BulkStatus",
    "ClientSecret",
    "ConfigurationStamp",
    "Delivery",
    "DeliveryReason",
    "DeliveryStatus",
    "FeishuBot",
    "FlashdutyTarget",
    "HookKey",
    "Inbound",
    "InboundBody",
    "InboundReason",
    "InboundStatus",
    "Level",
    "MessageType",
    "Notice",
    "OpenThread",
    "Project",
    "QuarantinedCall",
    "Rhythm",
    "Role",
    "Rule",
    "RulesVersion",
    "SandboxCall",
    "SentryStatus",
    "Severity",
    "SeverityMapping",
    "Silence",
    "Source",
    "Target",
    "Thread",
    "Trial",
    "TrialOf",
    "Worker",
]
