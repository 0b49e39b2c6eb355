"""Signing for bots that were given a secret."""

import base64
import hashlib
import hmac
from datetime import datetime


def sign(secret: str, now: datetime) -> dict[str, str]:
    """The body fields `timestamp` (whole seconds, as text) and `sign` for a message sent at `now`.

    Feishu accepts a timestamp for one hour, so this is computed for every attempt and never stored. The line
    `timestamp` + newline + `secret` is the HMAC key and the signed message is empty.
    Source: Feishu's custom bot guide (open.feishu.cn, client-docs/bot-v3/add-custom-bot).
    """
    timestamp = str(int(now.timestamp()))
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": timestamp, "sign": base64.b64encode(digest).decode("ascii")}
