import fnmatch
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import SentryStatus
from routing.policy.facts import Facts
from routing.policy.fields import FIELDS, has_many_values, is_field, read_field
from routing.policy.matching import build_test
from routing.policy.operators import OPERATORS
from routing.policy.patterns import PatternGuard, compile_glob
from routing.policy.specs import MatcherSpec
from tests.routing.policy.making import alert


def holds(spec, given_alert):
    return build_test(spec)(Facts(given_alert, "acme", datetime(2026, 1, 1, tzinfo=UTC), PatternGuard()))


TITLE = {"title": "ConnectionError: refused by db-1.Prod"}


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("is", "connectionerror: refused BY db-1.prod", True),
        ("is", "ConnectionError", False),
        ("is_not", "ConnectionError", True),
        ("is_not", "connectionERROR: refused by db-1.prod", False),
        ("in", ("x", "connectionerror: refused by db-1.prod"), True),
        ("in", ("x", "y"), False),
        ("not_in", ("x", "y"), True),
        ("not_in", ("x", "CONNECTIONERROR: refused by db-1.prod"), False),
        ("contains", "REFUSED", True),
        ("contains", "refuse me", False),
        ("not_contains", "refuse me", True),
        ("not_contains", "Refused", False),
        ("starts_with", "connection", True),
        ("starts_with", "error", False),
        ("ends_with", ".PROD", True),
        ("ends_with", "db-1", False),
        ("glob", "connection*db-?.PROD", True),
        ("glob", "*db-[23].prod", False),
        ("glob", "refused", False),
        ("matches", r"db-\d\.", True),
        ("matches", "connectionerror", False),
        ("matches", "(?i)connectionerror", True),
        ("not_matches", "connectionerror", True),
        ("not_matches", "refused", False),
        ("is_set", None, True),
        ("is_not_set", None, False),
    ],
)
def test_each_operator_on_one_text(operator, value, expected):
    assert holds(MatcherSpec("title", operator, value), alert(**TITLE)) is expected


@pytest.mark.parametrize("operator", sorted(OPERATORS))
@pytest.mark.parametrize("field", ["environment", "tag:customer", "setting:channel", "project"])
@pytest.mark.parametrize("nothing", [None, "", ()])
def test_an_absent_field_satisfies_only_the_negative_operators(operator, field, nothing):
    takes = OPERATORS[operator].takes
    value = {"list": ("x",), "nothing": None, "level": "error"}.get(takes, "x")
    empty = alert(
        environment=nothing or None, project_slug=nothing or None, tags={"customer": ("",) if nothing == "" else ()}
    )
    assert holds(MatcherSpec(field, operator, value), empty) is OPERATORS[operator].negative


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("is", "beta", True),
        ("is", "gamma", False),
        ("is_not", "beta", False),
        ("is_not", "gamma", True),
        ("in", ("gamma", "Alpha"), True),
        ("not_in", ("gamma", "alpha"), False),
        ("contains", "et", True),
        ("not_contains", "et", False),
        ("glob", "b*", True),
        ("matches", "^b", True),
        ("not_matches", "^b", False),
        ("not_matches", "^c", True),
    ],
)
@pytest.mark.parametrize("field", ["tag:team", "project"])
def test_of_several_values_any_satisfies_a_positive_operator_and_all_must_satisfy_a_negative_one(
    field, operator, value, expected
):
    several = alert(project_slugs=("alpha", "beta"), tags={"team": ("alpha", "", "beta")})
    assert holds(MatcherSpec(field, operator, value), several) is expected


@pytest.mark.parametrize(
    ("level", "at_least_error", "at_most_error"),
    [
        ("debug", False, True),
        ("info", False, True),
        ("warning", False, True),
        ("error", True, True),
        ("Fatal", True, False),
        ("sample", False, False),
        (None, False, False),
    ],
)
def test_levels_are_ordered_and_an_unknown_level_has_no_place(level, at_least_error, at_most_error):
    assert holds(MatcherSpec("level", "at_least", "error"), alert(level=level)) is at_least_error
    assert holds(MatcherSpec("level", "at_most", "error"), alert(level=level)) is at_most_error


def test_text_is_compared_by_case_folding():
    assert holds(MatcherSpec("environment", "is", "STRASSE"), alert(environment="straße"))


FULL = alert(
    sentry_status=SentryStatus.CRITICAL,
    resource="metric_alert",
    rule_name="error rate",
    title="t",
    message="m",
    culprit="c",
    platform="python",
    release="1.2",
    logger="app",
    issue_id="77",
    tags={"customer": ("x", "y")},
    settings={"channel": "#ops"},
)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("source", ("acme",)),
        ("project", ("web",)),
        ("environment", ("production",)),
        ("level", ("error",)),
        ("status", ("critical",)),
        ("resource", ("metric_alert",)),
        ("rule", ("error rate",)),
        ("title", ("t",)),
        ("message", ("m",)),
        ("culprit", ("c",)),
        ("platform", ("python",)),
        ("release", ("1.2",)),
        ("logger", ("app",)),
        ("issue_id", ("77",)),
        ("tag:customer", ("x", "y")),
        ("tag:Customer", ()),
        ("setting:channel", ("#ops",)),
    ],
)
def test_every_field_reads_its_part_of_the_alert(field, values):
    assert is_field(field)
    assert read_field(FULL, "acme", field) == values


def test_the_fixed_fields_are_those_of_the_table_above():
    for name in FIELDS:
        assert read_field(FULL, "acme", name)


@pytest.mark.parametrize("name", ["", "tag:", "setting:", "tags", "Title", "sentry_status"])
def test_other_names_are_no_fields(name):
    assert not is_field(name)


def test_projects_and_tags_can_have_many_values():
    assert [name for name in (*FIELDS, "tag:x", "setting:x") if has_many_values(name)] == ["project", "tag:x"]


@given(pattern=st.text(alphabet="ab*?[]!-^\\.", max_size=12), text=st.text(alphabet="ab-!]\n.", max_size=12))
def test_globs_mean_what_the_standard_library_says(pattern, text):
    assert bool(compile_glob(pattern).match(text)) == fnmatch.fnmatchcase(text, pattern)


def test_a_glob_of_many_stars_stays_fast_on_long_text():
    long = alert(message="a" * 20_000)
    assert not holds(MatcherSpec("message", "glob", "*a" * 20 + "b"), long)
