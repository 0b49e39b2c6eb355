"""Structured logs on stderr: one event a line, as text for people (`console`) or JSON for machines (`json`)."""

import logging
import logging.config
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured


def _escape_control_characters(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Text in events comes from strangers: a newline in it must not forge a line."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable() and name not in {"exception", "stack"}:
            event[name] = value.encode("unicode_escape").decode("ascii")
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _escape_control_characters,
]


def logging_config(log_format: str) -> None:
    """Configure logging for this process; raises ImproperlyConfigured on an unknown LOG_FORMAT."""
    renderers = {
        "console": structlog.dev.ConsoleRenderer(colors=False),
        "json": structlog.processors.JSONRenderer(),
    }
    if log_format not in renderers:
        raise ImproperlyConfigured(f"LOG_FORMAT must be console or json, not {log_format!r}.")
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderers[log_format]],
        "foreign_pre_chain": [*SHARED, structlog.processors.format_exc_info],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"structured": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "loggers": {"django.request": {"level": "ERROR"}, "django.server": {"level": "WARNING"}},
        }
    )
