"""The edge for operators: Django admin. Importing this package registers every page."""
