"""Original calls at rest: the kept headers and the exact bytes, compressed and sealed."""

import zlib
from collections.abc import Mapping

import orjson

from integrations.contract import RawCall
from routing.fields import open_bytes, seal_bytes
from routing.models import Inbound, InboundBody

_LEVEL = 1
"""Of compression: level 1 already makes a fifth of what Sentry sends, and costs the least."""


def pack(headers: Mapping[str, str], body: bytes) -> bytes:
    """What is stored of a call: sealed zlib of the headers as JSON, a newline, and the body as it came."""
    return seal_bytes(zlib.compress(orjson.dumps(dict(headers)) + b"\n" + body, _LEVEL))


def unpack(data: bytes | memoryview) -> RawCall:
    """The call that `pack` stored; raises UnsealingError when no key of FIELD_KEYS fits."""
    headers, _, body = zlib.decompress(open_bytes(bytes(data))).partition(b"\n")
    return RawCall(headers=orjson.loads(headers), body=body)


def of_inbound(inbound: Inbound) -> RawCall | None:
    """The original call of an inbound, or None once it was removed; raises UnsealingError."""
    data = InboundBody.objects.filter(inbound=inbound).values_list("data", flat=True).first()
    return None if data is None else unpack(data)
