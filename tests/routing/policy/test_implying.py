import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.policy.implying import follows, never_holds
from routing.policy.specs import AnyOf, MatcherSpec
from tests.routing.policy import strategies
from tests.routing.policy.reference import all_hold

M = MatcherSpec
NARROW = ("project", "environment", "level", "tag:team")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ((M("level", "is", "error"), M("level", "is", "fatal")), True),
        ((M("level", "at_least", "error"), M("level", "at_most", "warning")), True),
        ((M("level", "at_least", "error"), M("level", "at_most", "error")), False),
        ((M("level", "at_least", "error"), M("level", "in", ("info", "debug"))), True),
        ((M("environment", "in", ("a", "b")), M("environment", "not_in", ("A", "B", "c"))), True),
        ((M("environment", "in", ("a", "b")), M("environment", "is_not", "a")), False),
        ((M("environment", "is", "production"), M("environment", "starts_with", "stag")), True),
        ((M("environment", "is", "production"), M("environment", "glob", "prod*")), False),
        ((M("environment", "contains", "prod"), M("environment", "not_contains", "PRO")), True),
        ((M("environment", "contains", "prod"), M("environment", "not_contains", "production")), False),
        ((M("environment", "is_set"), M("environment", "is_not_set")), True),
        ((M("environment", "matches", "x"), M("environment", "is_not_set")), True),
        ((M("environment", "is", "x"), M("environment", "matches", "y")), False),
        # An alert can have several projects and several values of a tag.
        ((M("project", "is", "web"), M("project", "is", "api")), False),
        ((M("project", "is", "web"), M("project", "is_not", "web")), True),
        ((M("tag:team", "is", "web"), M("tag:team", "not_in", ("api", "WEB"))), True),
        ((M("environment", "is", "a"), AnyOf((M("environment", "is", "b"), M("environment", "is", "c")))), True),
        ((M("environment", "is", "a"), AnyOf((M("environment", "is", "b"), M("level", "is", "error")))), False),
        ((), False),
    ],
)
def test_conditions_that_no_alert_can_satisfy(when, expected):
    assert never_holds(when) is expected


@pytest.mark.parametrize(
    ("weaker", "stronger", "expected"),
    [
        ((), (), True),
        ((), (M("level", "is", "error"),), True),
        ((M("level", "is", "error"),), (), False),
        ((M("level", "is", "Error"),), (M("level", "is", "error"),), True),
        ((M("level", "in", ("error", "fatal")),), (M("level", "is", "error"),), True),
        ((M("level", "at_least", "warning"),), (M("level", "at_least", "error"),), True),
        ((M("level", "at_least", "error"),), (M("level", "at_least", "warning"),), False),
        ((M("level", "at_least", "warning"),), (M("level", "in", ("error", "fatal")),), True),
        ((M("environment", "is_set"),), (M("environment", "contains", "x"),), True),
        ((M("environment", "is_set"),), (M("environment", "is_not", "x"),), False),
        ((M("environment", "is_not", "x"),), (M("environment", "is", "y"),), True),
        ((M("environment", "is_not", "x"),), (M("environment", "is_not_set"),), True),
        ((M("environment", "is_not", "x"),), (M("environment", "not_in", ("x", "y")),), True),
        ((M("environment", "not_in", ("x", "y")),), (M("environment", "is_not", "x"),), False),
        ((M("title", "not_contains", "time"),), (M("title", "not_contains", "im"),), True),
        ((M("title", "contains", "im"),), (M("title", "starts_with", "Time"),), True),
        ((M("title", "starts_with", "ti"),), (M("title", "starts_with", "Time"),), True),
        ((M("title", "ends_with", "me"),), (M("title", "ends_with", "Time"),), True),
        ((M("title", "starts_with", "ti"),), (M("title", "ends_with", "ti"),), False),
        ((M("title", "matches", "a"),), (M("title", "matches", "a"),), True),
        ((M("title", "matches", "a"),), (M("title", "matches", "A"),), False),
        ((M("title", "matches", "a"),), (M("title", "is", "a"),), False),
        ((M("title", "is", "a"),), (M("culprit", "is", "a"),), False),
        ((M("tag:team", "is_not", "x"),), (M("tag:team", "is", "y"),), False),
        ((M("tag:team", "in", ("x", "y")),), (M("tag:team", "is", "y"),), True),
        ((AnyOf((M("level", "is", "error"), M("culprit", "is_set"))),), (M("level", "is", "error"),), True),
        ((M("level", "is_set"),), (AnyOf((M("level", "is", "error"), M("level", "is", "fatal"))),), True),
        ((M("level", "is_set"),), (AnyOf((M("level", "is", "error"), M("culprit", "is_set"))),), False),
    ],
)
def test_conditions_that_follow_from_others(weaker, stronger, expected):
    assert follows(weaker, stronger) is expected


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(when=strategies.whens(NARROW), alert=strategies.alerts())
def test_what_is_said_never_to_hold_holds_for_no_alert(when, alert):
    if all_hold(alert, "acme", when):
        assert not never_holds(when)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    weaker=strategies.whens(NARROW, 1),
    stronger=strategies.whens(NARROW),
    found=st.lists(strategies.alerts(), max_size=4),
)
def test_what_is_said_to_follow_follows_for_every_alert(weaker, stronger, found):
    if follows(weaker, stronger):
        for alert in found:
            assert all_hold(alert, "acme", weaker) or not all_hold(alert, "acme", stronger)
