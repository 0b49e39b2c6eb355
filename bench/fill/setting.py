"""What is configured in a filled database: connections, projects, targets, rules."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.models import Project, Rule, Silence, Source, Target
from routing.services.setup import sources, targets

SOURCES = ("acme", "globex", "initech", "umbrella", "hooli")
TEAMS = ("checkout", "search", "billing", "mobile", "data", "platform", "growth", "support", "identity")
PARTS = ("api", "web", "worker", "admin", "sync", "jobs", "gateway", "cache")


@dataclass(frozen=True, slots=True)
class Setting:
    """Names and ids of what was configured."""

    sources: list[Source]
    projects: list[Project]
    bots: list[Target]
    on_call: Target
    silence: Silence


def configure(chance: random.Random, now: datetime, *, projects: int) -> Setting:
    """Five connections, as many projects as asked for, nine bots and one on-call integration, a rule for each team."""
    bots = [_target(f"team-{team}", "feishu", {"webhook_url": _bot_url(team)}) for team in TEAMS]
    push = "https://api.flashcat.cloud/event/push/alert/standard?integration_key=0123456789abcdef"
    on_call = _target("on-call", "flashduty", {"push_url": push})
    made = [_source(name, bots[number]) for number, name in enumerate(SOURCES)]
    rows = [
        Project(source=chance.choice(made), slug=f"{TEAMS[number % len(TEAMS)]}-{PARTS[number % len(PARTS)]}-{number}")
        for number in range(projects)
    ]
    for position, (team, bot) in enumerate(zip(TEAMS, bots, strict=True), start=1):
        when = [{"field": "project", "op": "starts_with", "value": f"{team}-"}]
        Rule.objects.create(name=f"{team} tells its team", position=position, when=when).targets.set([bot, on_call])
    ends = now + timedelta(hours=2)
    silence = Silence.objects.create(name="release of billing", starts_at=now, ends_at=ends, when=[])
    return Setting(made, Project.objects.bulk_create(rows), bots, on_call, silence)


def _target(name: str, kind: str, given: dict[str, str]) -> Target:
    target = Target(name=name, kind=kind)
    targets.assign(target, given)
    target.save()
    return target


def _bot_url(team: str) -> str:
    return f"https://open.feishu.cn/open-apis/bot/v2/hook/{random.Random(team).getrandbits(128):032x}"


def _source(name: str, default: Target) -> Source:
    source = Source.objects.create(name=name, title=name.capitalize())
    source.default_targets.set([default])
    sources.add_hook_key(source)
    sources.add_client_secret(source, f"secret of {name}")
    return source
