"""Test alerts that can be followed: sent for a source, a rule or a target, each with a row and an audit entry."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from integrations.contract import Alert, ConfigError
from routing.fields import UnsealingError
from routing.models import ClientSecret, Rule, Source, Target, Trial, TrialOf
from routing.policy.conditions import matcher_to_json
from routing.policy.fields import read_field
from routing.policy.specs import AnyOf, RuleSpec
from routing.selectors import configuration
from routing.selectors.rules import spec_of
from routing.selectors.snapshot import HOOK_SOURCE
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.trying import testing
from routing.services.trying.sampling import Sample, sample, sample_for

NO_SECRET, UNREADABLE_SECRET = "no_secret", "unreadable_secret"
"""Why nothing was handed to the receiver."""

OFF, CANNOT = "target_disabled", "unsupported_by_mode"
"""Why nothing was queued for a single target."""

_SHOWN = ("project", "environment", "level", "status", "title")


def sources_to_test(rule: Rule | None = None) -> QuerySet[Source]:
    """The sources that a test alert can come from, those that can sign one first; for a rule only its own."""
    secrets = ClientSecret.objects.filter(source=OuterRef("pk"), retired_at__isnull=True)
    sources = Source.objects.exclude(name=HOOK_SOURCE).annotate(has_secret=Exists(secrets))
    if rule is not None and rule.source_id is not None:
        sources = sources.filter(pk=rule.source_id)
    return sources.order_by("-has_secret", "name")


def sample_of_rule(rule: Rule, source: Source) -> Sample:
    """The alert that a test of the rule sends: made so that the rule takes it, where its conditions allow that."""
    return sample_for(
        spec_of(rule),
        source.name,
        now=timezone.now(),
        is_signed=testing.is_signed(source),
        snapshot=configuration.current(),
    )


def try_source(source: Source, *, actor: Actor, project: str, environment: str, level: str) -> Trial:
    """Send a test alert of a source through the whole path. The caller holds no transaction."""
    trial = Trial(of=TrialOf.SOURCE, source=source, name=source.name)
    return _send(trial, source, _sample(source, project, environment, level), actor)


def try_target(target: Target, *, source: Source, actor: Actor, project: str, environment: str, level: str) -> Trial:
    """Send a test alert through the rules, to see whether it comes to this target. The caller holds no transaction."""
    trial = Trial(of=TrialOf.TARGET, source=source, target=target, name=target.name)
    return _send(trial, source, _sample(source, project, environment, level), actor)


def try_rule(rule: Rule, *, source: Source, actor: Actor) -> Trial:
    """Send a test alert that the rule should take. The caller holds no transaction."""
    made, spec = sample_of_rule(rule, source), spec_of(rule)
    trial = Trial(
        of=TrialOf.RULE,
        source=source,
        rule=rule,
        name=rule.name,
        obstacles=[matcher_to_json(obstacle) for obstacle in made.obstacles],
    )
    return _send(trial, source, made, actor, fields=fields_of(spec))


def try_only_target(target: Target, *, actor: Actor) -> Trial:
    """Queue a test message for this target alone: no webhook, no rules."""
    trial = Trial(of=TrialOf.ONLY_TARGET, target=target, name=target.name, actor=auditing.name_of(actor))
    try:
        delivery = testing.test_target(target, actor=actor)
    except ConfigError as error:
        trial.answer_reason = OFF if "enabled" in error.errors else CANNOT
        auditing.record(actor=actor, action="test_target", obj=target, refused=trial.answer_reason)
    else:
        trial.inbound = delivery.inbound
        trial.facts = {"title": delivery.inbound.title if delivery.inbound else "", "project": delivery.project_slug}
    trial.save()
    return trial


def _sample(source: Source, project: str, environment: str, level: str) -> Sample:
    return sample(
        source.name,
        now=timezone.now(),
        is_signed=testing.is_signed(source),
        project=project,
        environment=environment,
        level=level,
    )


def _send(trial: Trial, source: Source, made: Sample, actor: Actor, fields: Iterable[str] = ()) -> Trial:
    trial.actor, trial.facts = auditing.name_of(actor), facts_of(made.alert, source.name, fields)
    try:
        answer = testing.send_sample(source, made)
    except ConfigError:
        trial.answer_reason = NO_SECRET
    except UnsealingError:
        trial.answer_reason = UNREADABLE_SECRET
    else:
        trial.answer_status = answer.status
        trial.inbound_id = answer.payload.get("id")
        trial.answer_reason = answer.payload.get("reason", "") if trial.inbound_id is None else ""
        trial.answer_detail = answer.payload.get("detail", "")
    trial.save()
    tried = trial.rule or trial.target or source
    action = f"test_{'source' if tried is source else tried._meta.model_name}"
    auditing.record(
        actor=actor, action=action, obj=tried, trial=trial.pk, status=trial.answer_status, inbound=trial.inbound_id
    )
    return trial


def facts_of(alert: Alert, source: str, fields: Iterable[str] = ()) -> dict[str, str]:
    """What a page shows of a sample: the usual fields, and those that somebody asks for."""
    shown = {name: ", ".join(read_field(alert, source, name)) for name in dict.fromkeys((*_SHOWN, *fields))}
    return {"resource": f"{alert.resource}.{alert.action}", **{name: text for name, text in shown.items() if text}}


def fields_of(rule: RuleSpec) -> list[str]:
    """The fields that the rule asks about, beside those that no sample changes."""
    matchers = [one for item in rule.when for one in (item.matchers if isinstance(item, AnyOf) else (item,))]
    return [matcher.field for matcher in matchers if matcher.field not in ("source", "resource")]
