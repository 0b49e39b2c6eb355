"""A page's form as a browser would send it, when somebody opens it and presses its button."""

from html.parser import HTMLParser
from typing import Any

_BUTTONS = {"submit", "button", "image", "file", "reset"}


class _Forms(HTMLParser):
    """Collects the fields of every form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self._select: tuple[str, bool, list[str], list[str]] | None = None
        self._text: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.forms.append({})
        elif not self.forms or "disabled" in given:
            return
        elif tag == "input" and name and given.get("type", "text") not in _BUTTONS:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self._put(name, given.get("value") or ("on" if given.get("type") == "checkbox" else ""))
        elif tag == "select" and name:
            self._select = (name, "multiple" in given, [], [])
        elif tag == "option" and self._select:
            self._select[2 if "selected" in given else 3].append(given.get("value") or "")
        elif tag == "textarea" and name:
            self._text = (name, [])

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            name, is_multiple, selected, others = self._select
            for value in selected or ([] if is_multiple else others[:1]):
                self._put(name, value)
            self._select = None
        elif tag == "textarea" and self._text:
            self._put(self._text[0], "".join(self._text[1]).removeprefix("\n"))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)

    def _put(self, name: str, value: str) -> None:
        self.forms[-1].setdefault(name, []).append(value)


def filled(html: str, **changes: Any) -> dict[str, Any]:
    """The fields of the page's largest form, with these changes."""
    reader = _Forms()
    reader.feed(html)
    largest = max(reader.forms, key=len)
    return {**{name: values for name, values in largest.items() if name != "csrfmiddlewaretoken"}, **changes}
