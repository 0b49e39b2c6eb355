"""Command line edge."""
