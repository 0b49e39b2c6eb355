"""Silences: muting from a message, and the summary of what was held back."""
