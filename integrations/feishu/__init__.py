"""Feishu and Lark group bots (custom bots): cards in, codes out."""

from integrations.contract import Destination, Limits, Message, Settings, Text
from integrations.feishu.address import HOSTS
from integrations.feishu.checks import LIMITS
from integrations.feishu.config import FIELDS, check
from integrations.feishu.message import render
from integrations.feishu.response import interpret


def _address(settings: Settings) -> str:
    return str(settings["webhook_url"])


def _unsupported(message: Message, settings: Settings) -> bool:
    return False


def _own_severity(settings: Settings) -> bool:
    return True


def _unsigned(settings: Settings) -> Settings:
    return {**settings, "webhook_url": "https://open.feishu.cn/open-apis/bot/v2/hook/preview", "secret": ""}


DESTINATION = Destination(
    kind="feishu",
    label=Text("Feishu bot", "飞书机器人"),
    fields=FIELDS,
    hosts=HOSTS,
    limits=Limits(per_second=LIMITS["per_second"], per_minute=LIMITS["per_minute"]),
    folds_storms=True,
    check=check,
    address=_address,
    unsupported=_unsupported,
    render=render,
    interpret=interpret,
    own_severity=_own_severity,
    unsigned=_unsigned,
)
