"""The HTTP edge: the receiver, the REST API, health, metrics, the sandbox face."""
