"""The shapes of what follows from one webhook."""

from typing import Any

from rest_framework import serializers


class MuteSerializer(serializers.Serializer[Any]):
    """Why it is muted."""

    reason = serializers.CharField(default="", allow_blank=True, max_length=200)


class RoutingTestSerializer(serializers.Serializer[Any]):
    """A routing test made from the log."""

    test = serializers.CharField(help_text="The `tests:` section, as YAML.")
    payload_path = serializers.CharField(help_text="Where it looks for the body, beside the configuration file.")
