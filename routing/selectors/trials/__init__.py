"""The way of a test alert, step by step."""
