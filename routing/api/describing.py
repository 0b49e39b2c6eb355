"""What every operation of the REST API may answer besides its own answers, for the API's description."""

from typing import Any, NoReturn

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

_ERRORS = {
    "type": "object",
    "description": "What is wrong, by field; or one sentence under `detail`.",
    "additionalProperties": True,
}
_ALWAYS = {
    "401": "No valid token.",
    "403": "The token's role does not allow it.",
    "406": "Only JSON is spoken.",
    "429": "Too many calls with this token within a second.",
    "503": "Stored secrets cannot be opened, or the webhook could not be stored just now.",
}
_WITH_PARAMETERS = {"400": "By field, what to do about it."}
_WITH_PATH = {"404": "There is none."}
_WITH_BODY = {"400": "By field, what to do about it.", "415": "The body is not JSON."}


def add_errors(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Document the errors of every operation that takes a token; called with the whole description."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            if path.startswith("/api/v1/") and {"token": []} in operation.get("security", []):
                for status, text in _errors_of(path, operation).items():
                    operation["responses"].setdefault(status, _answer(text))
    result.setdefault("components", {}).setdefault("schemas", {})["Errors"] = _ERRORS
    return result


def _errors_of(path: str, operation: dict[str, Any]) -> dict[str, str]:
    return {
        **_ALWAYS,
        **(_WITH_PARAMETERS if operation.get("parameters") else {}),
        **(_WITH_PATH if "{" in path else {}),
        **(_WITH_BODY if "requestBody" in operation else {}),
    }


def _answer(text: str) -> dict[str, Any]:
    shape = {"$ref": "#/components/schemas/Errors"}
    return {"description": text, "content": {"application/json": {"schema": shape}}}


@extend_schema(exclude=True)
class Nowhere(APIView):
    """An address of the API that means nothing: said in JSON, and only to those with a token."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotFound once the token was looked at."""
        super().initial(request, *args, **kwargs)
        raise NotFound(None if request.path.endswith("/") else _("There is nothing here: addresses end with a slash."))
