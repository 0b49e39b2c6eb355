"""Storing: webhooks, decisions, threads and deliveries, written in one durable transaction."""
