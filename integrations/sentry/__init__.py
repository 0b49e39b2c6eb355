"""Sentry as a source: Internal Integration webhooks and the older WebHooks payload."""

from integrations.contract import Source, Text
from integrations.sentry.advice import advise
from integrations.sentry.headers import idempotency_key, kept_headers, reply_headers
from integrations.sentry.payload import read
from integrations.sentry.resources import is_legacy, resource_of
from integrations.sentry.signature import is_signed, verify

SOURCE = Source(
    kind="sentry",
    label=Text("Sentry", "Sentry"),
    is_signed=is_signed,
    verify=verify,
    is_legacy=is_legacy,
    kept_headers=kept_headers,
    idempotency_key=idempotency_key,
    reply_headers=reply_headers,
    read=read,
    resource_of=resource_of,
    advise=advise,
)

__all__ = ["SOURCE"]
