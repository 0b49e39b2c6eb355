"""Calls of the REST API in the name of a role."""

from typing import Any

from rest_framework.test import APIClient

from routing.models import Role
from routing.services.setup import tokens


class Caller(APIClient):
    """A client with a token of its own."""

    def __init__(self, role: Role = Role.OPERATOR) -> None:
        _token, text = tokens.create(name=f"test-{role.value}", role=role)
        super().__init__(HTTP_AUTHORIZATION=f"Bearer {text}", HTTP_ACCEPT_LANGUAGE="en")

    def send(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        """The response to a call under /api/v1/."""
        return getattr(self, method)(f"/api/v1/{path}", data, format="json", headers=headers or None)
