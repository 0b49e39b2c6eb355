"""From a neutral message to what a Feishu group reads."""

from datetime import datetime
from zoneinfo import ZoneInfo

from integrations.contract import Alert, ListedAlert, Listing, Message, MessageType, Settings, Severity
from integrations.feishu.config import ANSWER_LINKS
from integrations.feishu.content import Budget, Content, Link, Row
from integrations.feishu.escape import block, one_line, safe_link
from integrations.feishu.title import UNKNOWN, alert_title, colour, environment_of, is_test, listing_title, project_of
from integrations.feishu.words import Words, words_for

_NONE = "-"
_FACT_LIMIT = 100
_LINE_LIMIT = 200


def compose(message: Message, settings: Settings, budget: Budget) -> Content:
    """The content of any type of message; raises ValueError for one without its alert or listing."""
    if message.type is MessageType.ALERT and message.alert is not None:
        return _alert(message, message.alert, settings, budget)
    if message.listing is not None:
        return _listing(message, message.listing, settings, budget)
    raise ValueError(f"a message of type {message.type} without its content")


def _alert(message: Message, alert: Alert, settings: Settings, budget: Budget) -> Content:
    words = words_for(settings["language"])
    link = safe_link(alert.link)
    return Content(
        title=alert_title(message, alert, settings, words),
        colour=colour(message.severity, alert.level),
        notices=_notices(message, words),
        facts=_facts(message, alert, settings, words),
        paragraphs=_paragraphs(alert, words, budget),
        mentions=_mentions(message, alert, settings),
        button=Link(words.button, link) if link else None,
        links=_own_links(message, settings, words),
        note=(Link(words.note, link),),
    )


def _listing(message: Message, listing: Listing, settings: Settings, budget: Budget) -> Content:
    words = words_for(settings["language"])
    language = settings["language"]
    link = safe_link(listing.link)
    lines = [one_line(line.in_language(language), _LINE_LIMIT) for line in listing.lines[: budget.lines]]
    hidden = len(listing.alerts) - budget.rows
    more = (words.more_alerts.format(count=hidden),) if hidden > 0 else ()
    return Content(
        title=listing_title(message, listing.title.in_language(language), settings, words),
        colour=colour(message.severity, None),
        notices=_notices(message, words),
        paragraphs=tuple(filter(None, ("\n".join(lines), _counts(listing, words, budget), *more))),
        rows=tuple(_row(listed, words) for listed in listing.alerts[: budget.rows]),
        button=Link(words.open, link) if link else None,
        note=(Link(words.relay_note if message.type is MessageType.OPERATIONS else words.note),),
    )


def _notices(message: Message, words: Words) -> tuple[str, ...]:
    notices = []
    if message.late_minutes is not None:
        notices.append(words.late.format(minutes=message.late_minutes))
    if message.fallback_of is not None:
        notices.append(words.fallback.format(name=one_line(message.fallback_of, _FACT_LIMIT)))
    return tuple(notices)


def _facts(message: Message, alert: Alert, settings: Settings, words: Words) -> tuple[tuple[str, str], ...]:
    facts = (
        (words.time, _local(alert.occurred_at or message.received_at, settings["timezone"])),
        (words.project, project_of(alert)),
        (words.environment, environment_of(message, alert)),
        (words.issue, alert.issue_id or _NONE),
    )
    return tuple((label, one_line(value, _FACT_LIMIT)) for label, value in facts)


def _local(moment: datetime | None, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") if moment else _NONE


def _paragraphs(alert: Alert, words: Words, budget: Budget) -> tuple[str, ...]:
    """`{type} {culprit}`, value, message; the title stands in for the first and the last where they are missing."""
    heading = one_line(f"{alert.error_type} {alert.culprit}", min(budget.text, 500))
    title = one_line(alert.title, min(budget.text, 500))
    heading, spare = (heading, title) if heading else (title, "")
    text = block(alert.message, budget.text) or spare
    message = words.message.format(message=text) if text else ""
    return tuple(filter(None, (heading, block(alert.error_value, budget.text), message))) or (_NONE,)


def _mentions(message: Message, alert: Alert, settings: Settings) -> tuple[str, ...]:
    if alert.is_resolved or message.severity is Severity.OK or is_test(message):
        return ()
    return tuple(settings["mention"].get(message.severity.value, ()))


def _own_links(message: Message, settings: Settings, words: Words) -> tuple[Link, ...]:
    links = {"trace": (words.why, safe_link(message.log_link)), "mute": (words.mute, safe_link(message.mute_link))}
    wanted = [links[name] for name in ANSWER_LINKS[settings["answer_links"]]]
    return tuple(Link(label, url) for label, url in wanted if url)


def _counts(listing: Listing, words: Words, budget: Budget) -> str:
    """The exact total and the counts per project; the projects that find no room are counted together."""
    lines = [words.total.format(total=listing.total)] if listing.total else []
    for project, count in listing.per_project[: budget.lines]:
        lines.append(words.per_project.format(project=one_line(project, _FACT_LIMIT) or UNKNOWN, count=count))
    rest = [count for _, count in listing.per_project[budget.lines :]]
    if rest:
        lines.append(words.more_projects.format(projects=len(rest), count=sum(rest)))
    return "\n".join(lines)


def _row(listed: ListedAlert, words: Words) -> Row:
    text = words.row.format(
        severity=words.severities[listed.severity],
        project=one_line(listed.project_slug or UNKNOWN, _FACT_LIMIT),
        title=one_line(listed.title, _LINE_LIMIT),
        times=f" ×{listed.count}" if listed.count > 1 else "",
    )
    url = safe_link(listed.link)
    return Row(text, Link(words.open, url) if url else None)
