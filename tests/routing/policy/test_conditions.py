import json

import pytest
from hypothesis import given

from routing.policy.conditions import MAX_CONDITIONS, MAX_VALUES, parse_when, when_to_json
from routing.policy.errors import ConditionError
from routing.policy.patterns import MAX_PATTERN_LENGTH
from routing.policy.specs import AnyOf, MatcherSpec
from tests.routing.policy import strategies


def test_the_conditions_of_the_configuration_file_are_read():
    when = parse_when(
        [
            {"field": "environment", "op": "in", "value": ["production"]},
            {
                "any": [
                    {"field": "level", "op": "at_least", "value": "Error"},
                    {"field": "tag:customer", "op": "is_set"},
                ]
            },
        ]
    )
    assert when == (
        MatcherSpec("environment", "in", ("production",)),
        AnyOf((MatcherSpec("level", "at_least", "error"), MatcherSpec("tag:customer", "is_set"))),
    )


@pytest.mark.parametrize("nothing", [None, []])
def test_no_conditions_are_no_error(nothing):
    assert parse_when(nothing) == ()


@given(when=strategies.whens())
def test_writing_and_reading_again_gives_the_same_conditions(when):
    assert parse_when(json.loads(json.dumps(when_to_json(when)))) == when


IS_WEB = {"field": "project", "op": "is", "value": "web"}


@pytest.mark.parametrize(
    ("when", "path", "advice"),
    [
        ({"field": "project"}, "when", "list of conditions"),
        ("project is web", "when", "list of conditions"),
        (["project is web"], "when[0]", '{"field": …'),
        ([IS_WEB, {**IS_WEB, "values": 1}], "when[1]", "unknown key 'values'"),
        ([{**IS_WEB, "field": "projects"}], "when[0].field", "tag:NAME"),
        ([{**IS_WEB, "field": "tag:"}], "when[0].field", "unknown field"),
        ([{**IS_WEB, "field": None}], "when[0].field", "unknown field"),
        ([{**IS_WEB, "field": ["project"]}], "when[0].field", "unknown field"),
        ([{**IS_WEB, "op": "equals"}], "when[0].op", "use one of is, is_not"),
        ([{"field": "project", "value": "web"}], "when[0].op", "unknown operator None"),
        ([{**IS_WEB, "op": ["is"]}], "when[0].op", "unknown operator"),
        ([{**IS_WEB, "op": "at_least", "value": "error"}], "when[0].op", "field level"),
        ([{"field": "level", "op": "at_most", "value": "loud"}], "when[0].value", "debug, info, warning, error, fatal"),
        ([{**IS_WEB, "value": ["web"]}], "when[0].value", "use in or not_in"),
        ([{**IS_WEB, "value": 12}], "when[0].value", "quote it"),
        ([{**IS_WEB, "value": True}], "when[0].value", "quote it"),
        ([{**IS_WEB, "value": ""}], "when[0].value", "is_set or is_not_set"),
        ([{"field": "project", "op": "is"}], "when[0].value", "is_set or is_not_set"),
        ([{**IS_WEB, "op": "in"}], "when[0].value", "give a list"),
        ([{**IS_WEB, "op": "not_in", "value": []}], "when[0].value", "give a list"),
        ([{**IS_WEB, "op": "in", "value": ["web", 3]}], "when[0].value[1]", "quote it"),
        ([{**IS_WEB, "op": "in", "value": ["x"] * (MAX_VALUES + 1)}], "when[0].value", "1 to 1000"),
        ([{**IS_WEB, "op": "is_set"}], "when[0].value", "takes no value"),
        ([{**IS_WEB, "op": "matches", "value": "we(b"}], "when[0].value", "missing )"),
        ([{**IS_WEB, "op": "not_matches", "value": r"\L<x>"}], "when[0].value", "not a regular expression"),
        ([{**IS_WEB, "op": "matches", "value": "a{2,1}"}], "when[0].value", "min repeat greater"),
        ([{**IS_WEB, "op": "matches", "value": "x" * (MAX_PATTERN_LENGTH + 1)}], "when[0].value", "500 characters"),
        ([{**IS_WEB, "op": "glob", "value": "*" * (MAX_PATTERN_LENGTH + 1)}], "when[0].value", "500 characters"),
        ([{"any": []}], "when[0].any", "at least one"),
        ([{"any": IS_WEB}], "when[0].any", "at least one"),
        ([{"any": [IS_WEB], "field": "x"}], "when[0]", "stands alone"),
        ([{"any": [IS_WEB, {"any": [IS_WEB]}]}], "when[0].any[1]", "here"),
        ([{"any": [IS_WEB, {**IS_WEB, "op": "=="}]}], "when[0].any[1].op", "unknown operator '=='"),
        ([IS_WEB] * (MAX_CONDITIONS + 1), "when", "at most 100"),
        ([{"any": [IS_WEB] * MAX_CONDITIONS}, IS_WEB], "when", "at most 100"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place_and_what_to_do(when, path, advice):
    with pytest.raises(ConditionError) as caught:
        parse_when(when)
    assert caught.value.path == path
    assert advice in caught.value.text.en
    assert caught.value.text.zh
    assert str(caught.value).startswith(path)


def test_a_place_is_named_under_the_path_of_the_caller():
    with pytest.raises(ConditionError, match=r"rules\[3\]\.when\[0\]\.op"):
        parse_when([{"field": "title", "op": "like", "value": "x"}], "rules[3].when")
