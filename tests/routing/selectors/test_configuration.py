"""The configuration in memory: whole, true at the very next look, and never brought down by one bad row."""

from datetime import timedelta
from threading import Barrier
from threading import Thread as Runner
from time import perf_counter

import pytest
from django.db import connections
from django.utils import timezone

from integrations.contract import ProjectHint
from routing.models import ClientSecret, Project, Rule, Silence, Source, Target
from routing.selectors import configuration
from routing.services.setup import sources
from tests.routing.calls import BOT, make_rule, make_source, make_target

pytestmark = pytest.mark.django_db
UNREADABLE = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def test_a_look_at_an_unchanged_configuration_costs_one_query(django_assert_num_queries):
    make_source()
    first = configuration.current()
    with django_assert_num_queries(1):
        assert configuration.current() is first


@pytest.mark.parametrize("count", [1, 30])
def test_reading_takes_the_same_few_queries_however_much_there_is(django_assert_max_num_queries, count):
    for number in range(count):
        source = make_source(f"s{number}", key=f"k{number}")
        target = make_target(f"t{number}")
        source.default_targets.add(target)
        Project.objects.create(source=source, slug="web").default_targets.add(target)
        make_rule(f"r{number}", target)
    with django_assert_max_num_queries(17):
        configuration.current()


@pytest.mark.parametrize(
    "change",
    [
        lambda: Rule.objects.update(repeat_minutes=5),
        lambda: Rule.objects.get().targets.clear(),
        lambda: Target.objects.update(enabled=False),
        lambda: Source.objects.filter(name="acme").update(accept_unsigned=True),
        lambda: ClientSecret.objects.update(retired_at=timezone.now()),
        lambda: Rule.objects.all().delete(),
        lambda: Project.objects.create(source=Source.objects.get(name="acme"), slug="new"),
    ],
)
def test_every_change_is_seen_at_the_next_look(change):
    make_source()
    make_rule("all", make_target())
    before = configuration.current()
    change()
    assert configuration.current() is not before


def test_a_source_is_found_by_the_digest_of_its_key_with_its_secrets_opened():
    source = make_source()
    second = sources.add_client_secret(source, "s2")
    entry = configuration.current().keys[sources.key_digest("k-acme")]
    assert (entry.source.name, entry.source.secrets) == ("acme", ("s-acme", "s2"))
    assert entry.source.secret_ids[1] == second.pk
    assert "s2" not in repr(configuration.current().sources)


def test_a_secret_that_cannot_be_opened_is_left_out_and_marks_its_source_alone(settings):
    own = settings.FIELD_KEYS
    settings.FIELD_KEYS = [UNREADABLE]
    source = make_source()
    settings.FIELD_KEYS = own
    sources.add_client_secret(source, "s2")
    make_source("other", key="k-other")
    snapshot = configuration.current()
    assert (snapshot.source("acme").secrets, snapshot.source("acme").has_unreadable_secret) == (("s2",), True)
    assert snapshot.source("other").has_unreadable_secret is False


def test_credentials_that_cannot_be_opened_leave_the_target_known(settings):
    target = make_target()
    settings.FIELD_KEYS = [UNREADABLE]
    assert configuration.current().targets[target.pk].settings is None


@pytest.mark.parametrize(
    "broken",
    [
        {"when": [{"field": "nonsense", "op": "is", "value": "x"}]},
        {"when": {"field": "level"}},
        {"when": [{"field": "title", "op": "matches", "value": "("}]},
        {"severity": {"triggered": "ok"}},
        {"active": {"days": ["someday"]}},
    ],
)
def test_a_rule_that_cannot_be_read_is_named_and_stops_no_other(broken):
    target = make_target()
    Rule.objects.create(name="broken", position=0, **broken)
    make_rule("good", target)
    rules = configuration.current().rules
    assert [rule.spec.name for rule in rules.broken] == ["broken"]
    assert [rule.name for rule in rules.configuration.rules if not rule.broken] == ["good"]


def test_a_silence_that_cannot_be_read_holds_nothing_and_stops_no_other():
    now = timezone.now()
    window = {"starts_at": now, "ends_at": now + timedelta(hours=1)}
    Silence.objects.create(name="broken", when=[{"field": "nonsense"}], **window)
    good = Silence.objects.create(name="good", **window)
    assert list(configuration.current().silences) == [good.pk]


def test_disabled_rules_and_past_silences_are_left_out_and_positions_count():
    now = timezone.now()
    Silence.objects.create(name="past", starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1))
    make_rule("second")
    make_rule("off", enabled=False)
    Rule.objects.create(name="first", position=0)
    Rule.objects.filter(name="second").update(position=5)
    snapshot = configuration.current()
    assert [rule.name for rule in snapshot.rules.configuration.rules] == ["first", "second"]
    assert not snapshot.silences


def test_default_targets_are_known_by_source_and_project():
    source, team, duty = make_source(), make_target(), make_target("duty")
    source.default_targets.add(team)
    Project.objects.create(source=source, slug="web").default_targets.add(duty)
    known = configuration.current().rules.configuration
    assert known.source_defaults == {"acme": (team.pk,)}
    assert known.project_defaults == {("acme", "web"): (duty.pk,)}


def test_targets_are_found_by_their_address_enabled_ones_first():
    off = make_target("off", url=BOT + "same", enabled=False)
    on = make_target("on", url=BOT + "same")
    assert configuration.current().addresses["feishu", on.address_digest] == (on.pk, off.pk)


def test_equal_rule_sets_have_equal_versions_and_different_ones_different():
    make_rule("all", make_target())
    first = configuration.current().rules.version
    Rule.objects.all().delete()
    assert configuration.current().rules.version != first
    make_rule("all", Target.objects.get())
    again = configuration.current()
    assert again.rules.version == first
    assert not again.is_version_stored


@pytest.mark.parametrize(
    ("hint", "known"),
    [
        (ProjectHint("web"), True),
        (ProjectHint("web", 7), True),
        (ProjectHint("web", 8), False),
        (ProjectHint("web", 7, "Web"), False),
        (ProjectHint("shop"), False),
        (ProjectHint(None, 9), True),
    ],
)
def test_a_hint_is_known_when_it_teaches_nothing(hint, known):
    source = make_source()
    Project.objects.create(source=source, slug="web", sentry_id=7)
    assert configuration.current().knows(source.pk, hint) is known


def test_ten_thousand_rules_are_read_again_quickly():
    rules = [
        Rule(name=f"r{n}", position=n, project=f"p{n}", when=[{"field": "level", "op": "at_least", "value": "error"}])
        for n in range(10_000)
    ]
    Rule.objects.bulk_create(rules)
    configuration.current()
    Rule.objects.filter(name="r1").update(repeat_minutes=1)
    start = perf_counter()
    assert len(configuration.current().rules.configuration.rules) == 10_000
    assert perf_counter() - start < 2  # a fifth of a second by itself; the machine may be busy


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_threads_that_look_at_once_get_one_reading():
    make_rule("all", make_target())
    barrier, found = Barrier(8), []

    def look() -> None:
        barrier.wait()
        try:
            found.append(configuration.current())
        finally:
            connections.close_all()

    runners = [Runner(target=look) for _ in range(8)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert len({id(snapshot) for snapshot in found}) == 1
    assert len(found) == 8
