"""Trying it out: sample alerts, and tests that go the whole way and are followed."""
