"""The title line and the colour: what people see first, often without opening the chat."""

from integrations.contract import Alert, Message, Settings, Severity
from integrations.feishu.escape import one_line
from integrations.feishu.words import DEFAULT_PREFIX, Words

TITLE_LIMIT = 150
UNKNOWN = "UNKNOWN"

_NO_LEVEL = "ERROR"
_METRIC = "CRITICAL"  # the fixed word of a metric alert's title: metric alerts have no level
_ENVIRONMENT_LIMIT = 40
_PROJECT_LIMIT = 40
_LEVEL_LIMIT = 16
_LEAST = 8  # characters that the name which gives way keeps, however long the rest is

_BY_SEVERITY = {Severity.CRITICAL: "red", Severity.INFO: "blue", Severity.OK: "green"}
_BY_LEVEL = {"fatal": "red", "error": "red", "warning": "yellow", "info": "blue", "debug": "blue"}


def colour(severity: Severity, level: str | None) -> str:
    """The header's colour, by severity; a warning is told apart by its level, and is orange without one."""
    if severity is Severity.WARNING:
        return _BY_LEVEL.get((level or "").lower(), "orange")
    return _BY_SEVERITY[severity]


def is_test(message: Message) -> bool:
    """True for our own test messages and for those of the source's test button."""
    return message.is_test or bool(message.alert and message.alert.is_test)


def project_of(alert: Alert) -> str:
    """The project as messages name it."""
    return alert.project_slug or alert.project_name or UNKNOWN


def environment_of(message: Message, alert: Alert) -> str:
    """The alert's own environment; for a recovery the one its thread was opened in, since Sentry's name none."""
    known = (message.environment, alert.environment) if alert.is_resolved else (alert.environment, message.environment)
    return known[0] or known[1] or UNKNOWN


def alert_title(message: Message, alert: Alert, settings: Settings, words: Words) -> str:
    """The title of a firing alert or a recovery, about 150 characters; environment and keyword are never cut off."""
    if alert.kind == "metric" and not alert.is_resolved:
        tag = _tag(_METRIC, message, settings, words)
        project = one_line(project_of(alert), _PROJECT_LIMIT)
        rule = alert.rule_name or alert.title or UNKNOWN
        return _fitted(words.metric, "rule", settings, tag=tag, project=project, rule=rule)
    level = one_line(alert.level or "", _LEVEL_LIMIT).upper() or _NO_LEVEL
    tag = _tag(words.recovered if alert.is_resolved else level, message, settings, words)
    template = words.recovery if alert.is_resolved else words.firing
    environment = one_line(environment_of(message, alert), _ENVIRONMENT_LIMIT)
    return _fitted(template, "project", settings, tag=tag, project=project_of(alert), environment=environment)


def listing_title(message: Message, text: str, settings: Settings, words: Words) -> str:
    """The title of a summary, digest or operations message, about 150 characters."""
    tag = _tag(words.listing_tags[message.type], message, settings, words)
    return _fitted(words.listing, "title", settings, tag=tag, title=text)


def _tag(word: str, message: Message, settings: Settings, words: Words) -> str:
    prefix = settings["title_prefix"]
    if prefix == DEFAULT_PREFIX:
        prefix = words.default_prefix
    start = words.test if is_test(message) else ""
    return f"{start}【{words.joiner.join(filter(None, (prefix, word)))}】"


def _fitted(template: str, gives_way: str, settings: Settings, **parts: str) -> str:
    """The template filled and ended with the keyword, cutting only the part that gives way."""
    fixed = len(_with_keyword(template.format(**{**parts, gives_way: ""}), settings))
    parts[gives_way] = one_line(parts[gives_way], max(TITLE_LIMIT - fixed, _LEAST))
    return _with_keyword(template.format(**parts), settings)


def _with_keyword(title: str, settings: Settings) -> str:
    """The keyword stands in every title, so that no variant of a message can lack it (Feishu refuses with 19024)."""
    keyword = settings["keyword"]
    return title if keyword in title else f"{title} {keyword}"
