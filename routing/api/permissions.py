"""What a token's role may do."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from routing.models import ApiToken, Role

_AT_LEAST = {
    Role.VIEWER: {Role.VIEWER, Role.OPERATOR, Role.ADMIN},
    Role.OPERATOR: {Role.OPERATOR, Role.ADMIN},
    Role.ADMIN: {Role.ADMIN},
}


class RolePermission(BasePermission):
    """A viewer reads; an operator also writes; a view may ask for more by `read_role` and `write_role`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True when the token's role covers the method."""
        token = request.auth
        if not isinstance(token, ApiToken):
            return False
        reads = request.method in SAFE_METHODS or getattr(view, "is_read_only_post", False)
        needed = getattr(view, "read_role", Role.VIEWER) if reads else getattr(view, "write_role", Role.OPERATOR)
        return token.role in _AT_LEAST[needed]
