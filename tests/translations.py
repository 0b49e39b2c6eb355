"""The translations are complete, and the compiled file is the one that belongs to the source."""

import ast
import gettext
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "routing" / "locale" / "zh_Hans" / "LC_MESSAGES"
ENTRY = re.compile(
    r'^(?:msgctxt ((?:".*"\n)+))?msgid ((?:".*"\n)+)(?:msgid_plural (?:".*"\n)+)?((?:msgstr(?:\[\d\])? (?:".*"\n)+)+)',
    re.M,
)
MARKS = ("_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy")
CALL = re.compile(r"""\b(?:[np]?gettext|_)\((?:[^()'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*\)""")


def joined(lines: str) -> str:
    """The text of a quoted, possibly folded string."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', lines)
    return "".join(parts).encode().decode("unicode_escape").encode("latin-1").decode() if parts else ""


def problems() -> list[str]:
    """What is not collected, not translated, unsure, or compiled from something else."""
    text = (FOLDER / "django.po").read_text(encoding="utf-8") + "\n"
    found = ["fuzzy entry"] * text.count("#, fuzzy")
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    listed = set()
    for context, original, translated in ENTRY.findall(text):
        source, target = joined(original), joined(translated)
        listed.add((joined(context), source))
        read = compiled.pgettext(joined(context), source) if context else compiled.gettext(source)
        if source and not target:
            found.append(f"not translated: {source}")
        elif source and "msgstr[" not in translated and read != target:
            found.append(f"compiled file is old: {source}")
    return found + [f"not collected, run make messages: {source}" for _context, source in sorted(marked() - listed)]


def marked() -> set[tuple[str, str]]:
    """(context, text) of everything that code and templates mark for translation."""
    code = [path for folder in ("routing", "relay_site") for path in (ROOT / folder).rglob("*.py")]
    found = {mark for path in code for mark in marks(path.read_text(encoding="utf-8"))}
    for path in (ROOT / "templates").rglob("*.html"):
        calls = CALL.findall(templatize(path.read_text(encoding="utf-8")))
        found.update(mark for call in calls for mark in marks(call))
    return found


def marks(source: str) -> Iterator[tuple[str, str]]:
    """(context, text) of each call in Python source that marks a text."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in MARKS:
            continue
        texts = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        if texts and ast.unparse(node.func).startswith("pgettext"):
            yield texts[0], texts[1]
        elif texts:
            yield "", texts[0]


if __name__ == "__main__":
    for problem in (broken := problems()):
        sys.stderr.write(f"{problem}\n")
    sys.exit(1 if broken else 0)
