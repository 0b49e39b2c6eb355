"""The translations are complete, and the compiled file is the one that belongs to the source."""

import gettext
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "routing" / "locale" / "zh_Hans" / "LC_MESSAGES"
ENTRY = re.compile(
    r'^(?:msgctxt .*\n)?msgid ((?:".*"\n)+)(?:msgid_plural (?:".*"\n)+)?((?:msgstr(?:\[\d\])? (?:".*"\n)+)+)', re.M
)


def joined(lines: str) -> str:
    """The text of a quoted, possibly folded string."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', lines)
    return "".join(parts).encode().decode("unicode_escape").encode("latin-1").decode() if parts else ""


def problems() -> list[str]:
    """What is not translated, unsure, or compiled from something else."""
    text = (FOLDER / "django.po").read_text(encoding="utf-8") + "\n"
    found = ["fuzzy entry"] * text.count("#, fuzzy")
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for original, translated in ENTRY.findall(text):
        source, target = joined(original), joined(translated)
        if source and not target:
            found.append(f"not translated: {source}")
        elif source and "msgstr[" not in translated and compiled.gettext(source) != target:
            found.append(f"compiled file is old: {source}")
    return found


if __name__ == "__main__":
    for problem in (broken := problems()):
        print(problem, file=sys.stderr)
    sys.exit(1 if broken else 0)
