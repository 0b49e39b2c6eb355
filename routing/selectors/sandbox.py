"""The sandbox's switch and what it was told so far."""

from django.conf import settings

from routing.models import SandboxCall


def address() -> str | None:
    """`host:port` where the sandbox is reached, or None while it is off."""
    try:
        return str(settings.SANDBOX_SWITCH.read_text(encoding="ascii").strip()) or None
    except FileNotFoundError:
        return None


def is_on() -> bool:
    """True while the demo is on."""
    return address() is not None


def conversation(kind: str, limit: int = 50) -> list[SandboxCall]:
    """The newest calls to the bot or integration of a kind, oldest first, as a chat shows them."""
    return list(reversed(SandboxCall.objects.filter(kind=kind).order_by("-id")[:limit]))
