"""Reading JSON that may be meant to hurt."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """JSON; what is nested too deeply or has a number too long is refused like any other mistake."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The value of the body; raises ParseError."""
        try:
            return super().parse(stream, media_type, parser_context)
        except (RecursionError, ValueError) as error:
            raise ParseError(_("This JSON cannot be read.")) from error
