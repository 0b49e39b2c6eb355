"""The edge for operators: Django admin. Importing this package registers every page."""

from routing.admin import access, deliveries, log, rules, sources, targets

__all__ = ["access", "deliveries", "log", "rules", "sources", "targets"]
