"""One step on the way of a test alert."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from django.utils.translation import gettext as _

from routing.selectors.workers import WorkState

State: TypeAlias = Literal["done", "now", "waiting", "failed", "skipped"]
Code: TypeAlias = Literal["received", "signature", "parsed", "decided", "rendered", "sent", "answered"]
DONE: State = "done"
NOW: State = "now"
WAITING: State = "waiting"
FAILED: State = "failed"
SKIPPED: State = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how it stands, since when, in words, and what to do about it."""

    code: Code
    state: State
    words: str = ""
    at: datetime | None = None
    advice: str = ""


def no_worker(work: WorkState) -> str:
    """What to do where nobody works; "" where somebody does."""
    if work.alive:
        return ""
    return _("No worker is running, so nothing is delivered. Start one: manage.py up, or manage.py worker.")
