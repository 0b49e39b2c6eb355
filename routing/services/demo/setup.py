"""The demo: a source, the sandbox's bot and integration as targets, rules, and an administrator."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from routing.models import Delivery, Inbound, Project, Rule, Silence, Source, Target
from routing.services.demo import sandbox
from routing.services.setup import sources, targets

SOURCE = "demo-acme"
FEISHU = "demo-feishu"
FLASHDUTY = "demo-flashduty"
TARGETS = (FEISHU, FLASHDUTY)
RULES = ("demo: fatal is critical", "demo: production", "demo: everything else")
ADMINISTRATOR = "admin"
HOOK_SOURCE = "hook"
"""Every database has this source from its first migration on."""


@dataclass(frozen=True, slots=True)
class Administrator:
    """The account that came with the demo; the password is shown once and stored nowhere in clear."""

    name: str
    password: str


def is_there() -> bool:
    """True once the demo was filled in and not removed."""
    return Source.objects.filter(name=SOURCE).exists()


def is_empty() -> bool:
    """True while nobody has configured anything."""
    configured = (
        Source.objects.exclude(name=HOOK_SOURCE),
        Project.objects,
        Target.objects,
        Rule.objects,
        Silence.objects,
    )
    return not any(rows.exists() for rows in (*configured, get_user_model().objects))


def is_untried() -> bool:
    """True while the demo is there and has received nothing."""
    return is_there() and not Inbound.objects.filter(source__name=SOURCE).exists()


@transaction.atomic
def fill(address: str) -> Administrator:
    """Fill an empty database and switch the sandbox on at `host:port`, where this relay is reached from its own host."""
    sandbox.switch_on(address)
    language = {"language": "en" if settings.LANGUAGE_CODE.startswith("en") else "zh-hans"}
    feishu = _target(FEISHU, "feishu", _("Demo group (sandbox)"), sandbox.feishu_settings(address) | language)
    flashduty = _target(
        FLASHDUTY, "flashduty", _("Demo on-call (sandbox)"), sandbox.flashduty_settings(address) | language
    )
    source = Source.objects.create(name=SOURCE, title=_("Acme (demo)"), issue_actions=[])
    source.default_targets.set([feishu])
    sources.add_hook_key(source)
    sources.add_client_secret(source, secrets.token_hex(32))
    _add_rules(source, feishu, flashduty)
    return _administrator()


@transaction.atomic
def move_to(address: str) -> None:
    """Point the demo at the address where this relay is reached now; raises ConfigError, UnsealingError."""
    sandbox.switch_on(address)
    for name, given in (
        (FEISHU, sandbox.feishu_settings(address)),
        (FLASHDUTY, sandbox.flashduty_settings(address)),
    ):
        target = Target.objects.filter(name=name).first()
        if target is not None:
            before = dict(target.credentials)
            targets.assign(target, {**target.options, **given})
            if target.credentials != before:
                target.save()


@transaction.atomic
def remove() -> None:
    """Take the demo and its log away; the administrator stays. Raises ConfigError while others use its targets."""
    source = Source.objects.filter(name=SOURCE).first()
    Rule.objects.filter(name__in=RULES).delete()
    if source is not None:
        Delivery.objects.filter(inbound__source=source).delete()
        Inbound.objects.filter(source=source).delete()
        source.delete()
    for target in Target.objects.filter(name__in=TARGETS):
        targets.delete(target)
    sandbox.switch_off()


def _target(name: str, kind: str, title: str, given: dict[str, str]) -> Target:
    target = Target(name=name, kind=kind, title=title)
    targets.assign(target, given)
    target.save()
    return target


def _add_rules(source: Source, feishu: Target, flashduty: Target) -> None:
    fatal = [{"field": "level", "op": "is", "value": "fatal"}]
    production = [
        {"field": "environment", "op": "in", "value": ["production", "prod"]},
        {"field": "level", "op": "at_least", "value": "error"},
    ]
    lines = [
        (fatal, {"triggered.fatal": "critical"}, [feishu, flashduty]),
        (production, {}, [feishu, flashduty]),
        ([], {}, [feishu]),
    ]
    for position, (name, (when, severity, told)) in enumerate(zip(RULES, lines, strict=True), start=1):
        rule = Rule.objects.create(name=name, position=position, source=source, when=when, severity=severity)
        rule.targets.set(told)


def _administrator() -> Administrator:
    password = secrets.token_urlsafe(12)
    get_user_model().objects.create_superuser(ADMINISTRATOR, password=password)
    return Administrator(ADMINISTRATOR, password)
