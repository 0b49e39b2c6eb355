"""What a standard event says below its title.

The text holds no count and no time, so that a repeated event is recognised as the same one: Flashduty drops an event
whose status, title and description equal the alert's last (flashduty-docs, standard alert, 常见问题).
"""

from typing import Final

from integrations.contract import Alert, ListedAlert, Listing, Message, MessageType, Text
from integrations.flashduty.cleaning import cut, lines, link_within, one_line

MAX_DESCRIPTION: Final = 2048
"""Characters; flashduty-docs, standard alert."""

_MAX_LINK: Final = 1000
_MAX_HEAD_LINE: Final = 300
_MAX_LISTED_TITLE: Final = 120

_FIRING = Text("Sentry alert, forwarded by Alert Relay.", "Sentry 告警，由 Alert Relay 推送。")
_RECOVERY = Text("Recovered in Sentry, forwarded by Alert Relay.", "Sentry 告警已恢复，由 Alert Relay 推送。")
_OPENINGS: Final = {
    MessageType.SUMMARY: Text(
        "Alert Relay: held back by a silence and still unresolved.",
        "Alert Relay 汇总：静默期间未推送且仍未恢复的告警。",
    ),
    MessageType.DIGEST: Text("Alert Relay: many alerts in one message.", "Alert Relay 汇总：多条告警合并为一条。"),
    MessageType.OPERATIONS: Text("Alert Relay itself needs a person.", "Alert Relay 自身需要处理。"),
}
_TEST = Text("This is a test, nothing is wrong.", "这是一条测试消息，无需处理。")
_LATE = Text("Delivered late.", "延迟送达。")
_OPEN = Text("Open: ", "查看：")


def description_of(message: Message, language: str, *, simple: bool) -> str:
    """At most 2048 characters that start with a constant line of ours and end with the link; without the body when `simple`."""
    head = [_opening(message).in_language(language), *_notes(message, language)]
    if message.alert:
        head += _where(message.alert)
        body = _body_of_alert(message.alert)
        link = message.alert.link
    else:
        listing = message.listing or Listing(title=Text("", ""))
        body = _body_of_listing(listing, language)
        link = listing.link
    shown = link_within(link, _MAX_LINK)
    tail = [_OPEN.in_language(language) + shown] if shown else []
    return _fitted(head, "" if simple else body, tail)


def is_test(message: Message) -> bool:
    """True for our own tests and for the source's test button."""
    return message.is_test or (message.alert is not None and message.alert.is_test)


def _opening(message: Message) -> Text:
    if message.alert:
        return _RECOVERY if message.alert.is_resolved else _FIRING
    return _OPENINGS[message.type]


def _notes(message: Message, language: str) -> list[str]:
    notes = []
    if is_test(message):
        notes.append(_TEST)
    if message.late_minutes is not None:
        notes.append(_LATE)
    if message.fallback_of is not None:
        title = cut(one_line(message.fallback_of), _MAX_LISTED_TITLE)
        notes.append(
            Text(f"Sent here because {title} could not be told in time.", f"因「{title}」未能及时送达，改发到此。")
        )
    return [note.in_language(language) for note in notes]


def _where(alert: Alert) -> list[str]:
    line = one_line(f"{alert.error_type} {alert.culprit}")
    return [cut(line, _MAX_HEAD_LINE)] if line else []


def _body_of_alert(alert: Alert) -> str:
    value, message = lines(alert.error_value), lines(alert.message)
    told = [value] if value else []
    if message and message != value:
        told.append(f"Message: {message}")
    return "\n".join(told)


def _body_of_listing(listing: Listing, language: str) -> str:
    told = [one_line(text.in_language(language)) for text in listing.lines]
    told += [f"{cut(one_line(slug), _MAX_LISTED_TITLE)}: {count}" for slug, count in listing.per_project]
    told += [_listed(alert) for alert in listing.alerts]
    return "\n".join(told)


def _listed(alert: ListedAlert) -> str:
    project = f"[{one_line(alert.project_slug)}] " if alert.project_slug else ""
    times = f" ×{alert.count}" if alert.count > 1 else ""
    title = cut(project + one_line(alert.title), _MAX_LISTED_TITLE)
    return f"- {title}{times} {link_within(alert.link, _MAX_LINK)}".rstrip()


def _fitted(head: list[str], body: str, tail: list[str]) -> str:
    """Head and tail whole, their lines being short, and the body in the room that they leave."""
    room = MAX_DESCRIPTION - len("\n".join([*head, *tail])) - 1
    return "\n".join([*head, cut(body, room), *tail] if body else [*head, *tail])
