"""Signing by Feishu's rule, which is the reverse of the one that its neighbours use."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone

from integrations.feishu import DESTINATION
from integrations.feishu.signature import sign
from tests.integrations.feishu.samples import NOW, message, settings

MOMENT = datetime.fromtimestamp(1599360473, UTC)


def test_the_signature_is_the_one_that_feishu_computes() -> None:
    assert sign("demo", MOMENT) == {"timestamp": "1599360473", "sign": "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="}


def test_secret_and_message_are_not_swapped_as_other_chats_have_it() -> None:
    swapped = base64.b64encode(hmac.new(b"demo", b"1599360473\ndemo", hashlib.sha256).digest()).decode()
    assert swapped == "DkEDUyVoOOJ539qBvUgMyzkzIdRWlf4e/V3Rq+ONJnQ="
    assert sign("demo", MOMENT)["sign"] != swapped


def test_the_timestamp_is_whole_seconds_in_any_zone() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=8))) + timedelta(milliseconds=900)
    assert sign("demo", elsewhere) == sign("demo", MOMENT)


def test_every_attempt_is_signed_anew() -> None:
    signed = settings(secret="demo")
    bodies = [json.loads(DESTINATION.render(message(), signed, moment, None).body) for moment in (NOW, MOMENT)]
    assert [body["timestamp"] for body in bodies] == [str(int(NOW.timestamp())), "1599360473"]
    assert bodies[1]["sign"] == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_a_bot_without_a_secret_gets_neither_field() -> None:
    body = json.loads(DESTINATION.render(message(), settings(), NOW, None).body)
    assert not {"timestamp", "sign"} & set(body)
