"""The edge for operators: Django admin."""
