"""Everything the application knows about one kind of sender."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.contract.alerts import Reading
from integrations.contract.text import Text


def _no_advice(_body: bytes, _headers: Mapping[str, str]) -> Text | None:
    return None


def _no_headers(_error: str, _project_id: int | None) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Everything the application knows about one kind of sender."""

    kind: str
    label: Text
    is_signed: Callable[[Mapping[str, str]], bool]
    """True when the call carries a signature header, right or wrong (header names in lower case)."""
    verify: Callable[[bytes, Mapping[str, str], tuple[str, ...]], int | None]
    """(body, headers, secrets) -> index of the secret that signed the body, or None. Constant time a secret."""
    is_legacy: Callable[[bytes, Mapping[str, str]], bool]
    """True when the call has the older unsigned shape."""
    kept_headers: Callable[[Mapping[str, str]], dict[str, str]]
    """The headers worth keeping with the body: the vendor's own and the content type, nothing personal."""
    idempotency_key: Callable[[Mapping[str, str]], str | None]
    read: Callable[[bytes, Mapping[str, str], str, frozenset[str]], Reading]
    """(body, headers, source name, opted-in issue actions) -> Reading; raises MalformedPayload and nothing else."""
    resource_of: Callable[[bytes, Mapping[str, str]], str]
    """The resource as far as it can be told without a full parse; part of the duplicate digest. Never raises."""
    advise: Callable[[bytes, Mapping[str, str]], Text | None] = _no_advice
    """What the operator should change after a call was refused; looks at the bytes only while cheap. Never raises."""
    reply_headers: Callable[[str, int | None], dict[str, str]] = _no_headers
    """(reason code of an error or `""`, number of the project) -> what the vendor reads of a reply's headers."""
