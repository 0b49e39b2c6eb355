"""What a token's role may do."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from routing.models import ApiToken, Role


class RolePermission(BasePermission):
    """A viewer reads; an operator also writes; a view may ask for more with `write_role = Role.ADMIN`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True when the token's role covers the method."""
        token = request.auth
        if not isinstance(token, ApiToken):
            return False
        if request.method in SAFE_METHODS or getattr(view, "is_read_only_post", False):
            return True
        allowed = {Role.ADMIN} if getattr(view, "write_role", "") == Role.ADMIN else {Role.OPERATOR, Role.ADMIN}
        return token.role in allowed
