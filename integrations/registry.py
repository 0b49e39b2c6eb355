"""Every source and destination there is: to add one, add its folder and its line here."""

from integrations import feishu, flashduty, sentry
from integrations.contract import Destination, Source

SOURCES: dict[str, Source] = {
    "sentry": sentry.SOURCE,
}

DESTINATIONS: dict[str, Destination] = {
    "feishu": feishu.DESTINATION,
    "flashduty": flashduty.DESTINATION,
}
