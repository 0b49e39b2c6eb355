"""The edge for operators: Django admin. Importing this package registers every page."""

from routing.admin import access, bulk_jobs, deliveries, hand_over, log, rules, sources, targets, trials

__all__ = ["access", "bulk_jobs", "deliveries", "hand_over", "log", "rules", "sources", "targets", "trials"]
