"""The edge for operators: Django admin. Importing this package registers every page."""

from routing.admin import access, accounts, bulk_jobs, deliveries, hand_over, log, rules, sources, targets, trials

__all__ = ["access", "accounts", "bulk_jobs", "deliveries", "hand_over", "log", "rules", "sources", "targets", "trials"]
