"""What pages show of values from outside."""

from urllib.parse import urlsplit

from django import template

register = template.Library()


@register.filter
def is_web_link(url: str | None) -> bool:
    """True for an absolute http or https address: what strangers put into an event may be anything."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


@register.filter
def listed(value: object) -> str:
    """A list as people write one; anything else as it is."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
