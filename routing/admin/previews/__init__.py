"""Messages before they are sent: of what is logged, and beside the forms of targets and rules."""

from routing.admin.previews.forms import RulePreviewing, TargetPreviewing, levels
from routing.admin.previews.logged import DeliveryPreviewing, InboundPreviewing

__all__ = ["DeliveryPreviewing", "InboundPreviewing", "RulePreviewing", "TargetPreviewing", "levels"]
