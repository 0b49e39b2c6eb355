"""Applying, planning and exporting on a real database."""

from collections import Counter

import pytest
import yaml
from django.db import connection

from routing.fields import Sealed
from routing.models import (
    AuditEntry,
    ClientSecret,
    ConfigurationStamp,
    HookKey,
    Project,
    Rule,
    SeverityMapping,
    Silence,
    Source,
    Target,
)
from routing.selectors.configuration import current
from routing.services.configuration import applying
from routing.services.configuration.comparing import Changes
from routing.services.configuration.document import parse_file
from routing.services.configuration.exporting import export
from routing.services.configuration.planning import plan, render
from routing.services.configuration.problems import ConfigurationError
from routing.services.configuration.statements import BULK
from tests.routing.services.configuration.files import FULL, HOOK, applied

pytestmark = pytest.mark.django_db


def problems_of(text: str, *, prune: bool = False) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        applied(text, prune=prune)
    return {problem.path: problem.text.en for problem in caught.value.problems}


def wipe() -> None:
    Rule.objects.all().delete()
    Silence.objects.all().delete()
    Source.objects.exclude(name="hook").delete()
    Target.objects.update(fallback=None)
    Target.objects.all().delete()
    SeverityMapping.objects.exclude(level="").delete()


def test_a_file_makes_everything_it_says():
    applied(FULL)
    rule = Rule.objects.get(name="production errors")
    assert (rule.source.name, rule.project, rule.continues, rule.repeat_minutes) == ("acme", "web", True, 15)
    assert [target.name for target in rule.targets.order_by("name")] == ["duty", "team"]
    team = Target.objects.get(name="team")
    assert team.settings()["secret"] == "shh"
    assert (team.fallback.name, team.fallback_after_minutes) == ("duty", 5)
    assert Target.objects.get(is_operations=True).name == "duty"
    assert SeverityMapping.objects.get(level="info").severity == "drop"
    assert HookKey.objects.count() == ClientSecret.objects.count() == 2
    assert current().keys.keys() == set(HookKey.objects.values_list("digest", flat=True))
    assert Project.objects.get(slug="web").sentry_id == 4510703106785280
    assert [rule.enabled for rule in Rule.objects.all()] == [True, False]


def test_applying_again_changes_nothing():
    applied(FULL)
    number, trail = ConfigurationStamp.objects.get().number, AuditEntry.objects.count()
    assert not applied(FULL)
    assert (ConfigurationStamp.objects.get().number, AuditEntry.objects.count()) == (number, trail)


def test_export_apply_export_is_byte_equal():
    applied(FULL)
    first = export()
    wipe()
    applied(first)
    assert export() == first
    assert not applied(first)


def test_a_masked_export_holds_no_secret_and_applies_over_what_is_stored():
    applied(FULL)
    masked = export(masked=True)
    for secret in ("shh", "k-1", "s1", HOOK, "v1:"):
        assert secret not in masked
    assert not applied(masked)


def test_a_masked_secret_that_is_not_stored_is_refused():
    applied(FULL)
    masked = export(masked=True)
    wipe()
    assert set(problems_of(masked)) == {
        "sources[0].hook_keys",
        "sources[0].client_secrets",
        "targets[0].push_url",
        "targets[1].webhook_url",
    }


def test_an_equal_secret_keeps_its_token():
    applied(FULL)
    before = Target.objects.get(name="team").credentials
    applied(FULL.replace("title: 交易组", "title: 交易二组"))
    team = Target.objects.get(name="team")
    assert team.title == "交易二组"
    assert team.credentials == before


def test_a_sealed_secret_is_stored_as_it_is():
    token = Sealed.seal(HOOK + "7").token
    applied(f"version: 1\ntargets:\n  - {{name: t, kind: feishu, webhook_url: {{sealed: '{token}'}}}}")
    assert Target.objects.get(name="t").credentials["webhook_url"].token == token


def test_what_is_left_out_has_its_default_but_secrets_stay():
    applied(FULL)
    applied(
        "version: 1\ntargets:\n  - {name: team, kind: feishu}\nsources:\n  - {name: acme}\nprojects: [{source: acme, slug: web}]"
    )
    team, web = Target.objects.get(name="team"), Project.objects.get(slug="web")
    assert (team.title, team.fallback, team.options["keyword"], team.settings()["secret"]) == ("", None, "", "shh")
    assert HookKey.objects.filter(retired_at=None).count() == 2
    assert (web.title, web.sentry_id, web.default_targets.count()) == ("Web shop", 4510703106785280, 0)


def test_nothing_is_removed_without_prune():
    applied(FULL)
    applied("version: 1\nrules: []\nsilences: []\nsources: [{name: acme, hook_keys: [k-3]}]")
    assert (Rule.objects.count(), Silence.objects.count()) == (2, 2)
    assert HookKey.objects.filter(retired_at=None).count() == 3


def test_prune_removes_what_the_sections_of_the_file_do_not_list():
    applied(FULL)
    Project.objects.create(source=Source.objects.get(name="acme"), slug="seen", is_learned=True)
    applied("version: 1\nrules: []\nsources: [{name: acme, hook_keys: [k-2]}]\nprojects: []", prune=True)
    assert (Rule.objects.count(), Silence.objects.count(), Target.objects.count()) == (0, 2, 2)
    assert [key.key.open() for key in HookKey.objects.filter(retired_at=None)] == ["k-2"]
    assert list(Project.objects.values_list("slug", flat=True)) == ["seen"]
    assert Source.objects.filter(name="hook").exists()


def test_a_pruned_target_that_is_still_used_is_refused():
    applied(FULL)
    found = problems_of("version: 1\ntargets: []", prune=True)
    assert found["rules(the rest).targets"] == "there is no target team"
    assert Target.objects.count() == 2


def test_a_retired_hook_key_comes_back():
    applied(FULL)
    applied("version: 1\nsources: [{name: acme, hook_keys: [k-2]}]", prune=True)
    applied("version: 1\nsources: [{name: acme, hook_keys: [k-1, k-2]}]")
    assert HookKey.objects.filter(retired_at=None).count() == HookKey.objects.count() == 2


def test_a_new_source_without_a_hook_key_gets_one():
    applied("version: 1\nsources: [{name: other}]")
    assert HookKey.objects.get().key.open().startswith("k-")


def test_rules_stand_in_the_order_of_the_file_and_others_after_them():
    applied("version: 1\nrules: [{name: a}, {name: b}, {name: c}]")
    applied("version: 1\nrules: [{name: d}, {name: c}]")
    assert list(Rule.objects.values_list("name", "position")) == [("d", 0), ("c", 1), ("a", 2), ("b", 3)]


@pytest.mark.parametrize(
    ("text", "path", "part"),
    [
        ("rules: [{name: r, targets: [nobody]}]", "rules[0].targets", "no target nobody"),
        ("rules: [{name: r, source: nowhere}]", "rules[0].source", "no source nowhere"),
        ("projects: [{source: nowhere, slug: s}]", "projects[0].source", "no source"),
        ("operations_target: nobody", "operations_target", "no target"),
        ("targets: [{name: t, kind: feishu}]", "targets[0].webhook_url", ""),
        ("targets: [{name: t, kind: feishu, webhook_url: 'https://example.com/x'}]", "targets[0].webhook_url", ""),
        ("targets: [{name: team, kind: flashduty}]", "targets[0].kind", "cannot change"),
        ("sources: [{name: other, hook_keys: [k-1]}]", "sources[0].hook_keys", "another source"),
        (
            "projects: [{source: acme, slug: x, sentry_id: 4510703106785280}]",
            "projects[0].sentry_id",
            "another project",
        ),
    ],
)
def test_what_cannot_be_applied_is_told_and_nothing_is_written(text, path, part):
    applied(FULL)
    before = export()
    found = problems_of(f"version: 1\n{text}")
    assert part in found[path]
    assert export() == before


def test_history_and_audit_trail_tell_who_changed_what():
    applied(FULL)
    applied(
        FULL.replace("repeat_minutes: 15", "repeat_minutes: 30").replace("targets: [team, duty]", "targets: [team]")
    )
    rule = Rule.objects.get(name="production errors")
    kinds = list(rule.history.order_by("history_date", "history_id").values_list("history_type", "repeat_minutes"))
    assert kinds == [("+", 15), ("~", 30)]
    newest, oldest = rule.history.order_by("-history_date", "-history_id")
    assert (newest.targets.count(), oldest.targets.count()) == (1, 2)
    entry = AuditEntry.objects.get(action="changed")
    assert (entry.actor, entry.object_name) == ("config apply", "production errors")
    assert sorted(entry.detail["keys"]) == ["repeat_minutes", "targets"]


def test_a_change_between_reading_and_writing_is_not_lost(monkeypatch):
    applied(FULL)
    write, calls = applying._write, []

    def overtaken(*args):
        if not calls:
            Target.objects.filter(name="team").update(title="changed by hand")
        calls.append(args)
        return write(*args)

    monkeypatch.setattr(applying, "_write", overtaken)
    applied("version: 1\nrules: [{name: new}]")
    assert len(calls) == 2
    assert Target.objects.get(name="team").title == "changed by hand"


def test_a_plan_shows_signs_and_no_secrets():
    shown = render(plan(parse_file(FULL), prune=False))
    assert "+ target team\n" in shown
    assert "    + webhook_url: ••••\n" in shown
    assert "shh" not in shown
    applied(FULL)
    changed = FULL.replace("repeat_minutes: 15", "repeat_minutes: 30").replace("secret: shh", "secret: other")
    lines = render(plan(parse_file(changed), prune=False)).splitlines()
    assert lines == [
        "~ target team",
        "    ~ secret: •••• -> ••••",
        "~ rule production errors",
        "    ~ repeat_minutes: 15 -> 30",
    ]
    gone = render(plan(parse_file("version: 1\nsilences: []"), prune=True)).splitlines()
    assert gone == ["- silence deploy", "- silence nightly"]


def test_hundreds_of_rules_are_written_with_their_history():
    rules = [{"name": f"r{number}", "targets": ["t"], "project": f"p{number}"} for number in range(300)]
    target = {"name": "t", "kind": "feishu", "webhook_url": HOOK + "1"}
    applied(yaml.safe_dump({"version": 1, "targets": [target], "rules": rules}))
    assert Rule.history.count() == 300
    assert Rule.targets.through.objects.count() == 300
    assert AuditEntry.objects.filter(action="created").count() == 301


def test_thousands_of_rules_are_changed_moved_and_removed_as_single_ones_are():
    numbers = range(BULK + 100)
    names = [f"r{number}" for number in numbers]

    def document(names: list[str], level: str) -> str:
        target = {"name": "t", "kind": "feishu", "webhook_url": HOOK + "1"}
        when = [{"field": "level", "op": "at_least", "value": level}]
        rules = [{"name": name, "targets": ["t"], "project": name, "when": when} for name in names]
        return yaml.safe_dump({"version": 1, "targets": [target], "rules": rules})

    applied(document(names, "error"))
    applied(document(names, "fatal"))
    assert all(rule.when[0]["value"] == "fatal" for rule in Rule.objects.all())
    applied(document(names[::-1], "fatal"))
    assert list(Rule.objects.order_by("position").values_list("name", flat=True)) == names[::-1]
    assert list(Rule.objects.order_by("position").values_list("position", flat=True)) == list(numbers)
    applied(document(names[:1], "fatal"), prune=True)
    assert [rule.name for rule in Rule.objects.all()] == names[:1]
    assert Rule.targets.through.objects.count() == 1
    kinds = Counter(Rule.history.values_list("history_type", flat=True))
    assert kinds == {"+": len(names), "~": len(names), "-": len(names) - 1}


def test_nothing_stays_staged_on_the_connection():
    target = {"name": "t", "kind": "feishu", "webhook_url": HOOK + "1"}
    rules = [{"name": f"r{number}", "targets": ["t"]} for number in range(BULK)]
    applied(yaml.safe_dump({"version": 1, "targets": [target], "rules": rules}))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM sqlite_temp_master")
            assert cursor.fetchone() == (0,)


def test_a_removed_rule_leaves_its_history_and_who_removed_it():
    applied(FULL)
    applied("version: 1\nrules: []", prune=True)
    last = Rule.history.filter(name="production errors").latest("history_date")
    assert (last.history_type, last.history_change_reason) == ("-", "config apply")


def test_turning_the_order_round_is_known_as_a_move():
    assert Changes(order=(["a", "b", "c"], ["c", "new", "a"])).is_moved
    assert not Changes(order=(["a", "b", "c"], ["a", "new", "c"])).is_moved
