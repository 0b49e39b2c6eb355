import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flashduty import DESTINATION
from tests.integrations.flashduty.samples import NOW, alert, message, metric, settings

OWN = ["source", "project", "environment", "level", "severity", "release", "rule", "sentry_issue_id", "sentry_url"]


def event_of(tags: Any, **changes: Any) -> tuple[dict[str, Any], int]:
    body = DESTINATION.render(message(alert(tags=tags, **changes)), settings(), NOW, None).body
    return dict(orjson.loads(body)), len(body)


def tags_of(tags: Any) -> dict[str, str]:
    labels = event_of(tags)[0]["labels"]
    return {name.removeprefix("sentry_tag_"): value for name, value in labels.items() if name.startswith("sentry_tag_")}


def test_our_own_names_come_first_and_in_their_order() -> None:
    event, _ = event_of({"a": ("1",)})
    assert list(event["labels"]) == [*OWN, "sentry_time", "sentry_tag_a"]


def test_what_is_not_known_has_no_label() -> None:
    body = DESTINATION.render(metric(), settings(), NOW, None).body
    assert list(orjson.loads(body)["labels"]) == [
        "source",
        "project",
        "environment",
        "severity",
        "rule",
        "sentry_url",
        "sentry_time",
    ]


@pytest.mark.parametrize(
    ("tags", "labels"),
    [
        ({"browser.name": ("Chrome 1",)}, {"browser_name": "Chrome 1"}),
        ({"os-name": ("Linux",)}, {"os_name": "Linux"}),
        ({"Region": ("eu",), "region": ("us",)}, {"Region": "eu", "region": "us"}),
        ({"a.b": ("dot",), "a-b": ("dash",)}, {"a_b": "dash", "a_b_2e7336dc": "dot"}),
        ({"a.b": ("dot",), "a_b": ("plain",)}, {"a_b": "plain", "a_b_2e7336dc": "dot"}),
        ({"客户": ("甲",)}, {"__": "甲"}),
        ({"two": ("x", "y")}, {"two": "x, y"}),
        ({"odd": (1, None, False, 2.5, {"k": 1})}, {"odd": "1, False, 2.5, {'k': 1}"}),
        ({"none": (None,), "empty": (), "blank": (" \n",)}, {}),
        ({"": ("nameless",)}, {}),
        ({"layer_person_reset_1_emails": ("x",)}, {"layer_person_reset_1_emails": "x"}),
        ({"t": ("[TPL] ${x}",), "m": (" [MD][TPL] y",)}, {"t": "${x}", "m": "y"}),
        ({"t": ("keeps [TPL] inside",)}, {"t": "keeps [TPL] inside"}),
        ({"n": ("two\nlines\x00",)}, {"n": "two lines"}),
        ({"\ud800": ("half",)}, {"_": "half"}),
    ],
)
def test_tags_become_labels_with_valid_names_and_plain_values(tags: Any, labels: dict[str, str]) -> None:
    assert tags_of(tags) == labels


def test_the_order_in_which_sentry_lists_tags_changes_nothing() -> None:
    tags = {"a.b": ("1",), "a-b": ("2",), "a b": ("3",), "a_b": ("4",)}
    assert tags_of(tags) == tags_of(dict(reversed(tags.items())))
    assert len(tags_of(tags)) == 4


def test_there_are_never_more_than_fifty_and_the_first_by_name_stay() -> None:
    event, _ = event_of({f"t{number:03}": ("v",) for number in range(200)})
    assert len(event["labels"]) == 50
    assert list(event["labels"])[-1] == f"sentry_tag_t{50 - 11:03}"


def test_long_names_are_cut_but_stay_apart() -> None:
    labels = tags_of({"k" * 200 + "1": ("one",), "k" * 200 + "2": ("two",), "k" * 117: ("fits",)})
    assert sorted(labels.values()) == ["fits", "one", "two"]
    assert {len("sentry_tag_" + name) for name in labels} == {128}


def test_a_value_is_cut_at_the_vendors_length() -> None:
    assert tags_of({"v": ("长" * 3000,)})["v"] == "长" * 2047 + "…"


def test_the_body_stays_small_and_one_huge_tag_does_not_push_out_the_rest() -> None:
    tags = {f"a{number:02}": ("长" * 2048,) for number in range(38)} | {"z": ("small",)}
    event, size = event_of(tags)
    assert size <= 60_000
    assert event["labels"]["sentry_tag_z"] == "small"
    assert event["labels"]["project"] == "web"


@given(
    tags=st.dictionaries(
        st.text(max_size=140),
        st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=50)), max_size=3).map(tuple),
        max_size=60,
    ),
    environment=st.text(max_size=30),
    project=st.text(max_size=30),
    title=st.text(max_size=60),
)
def test_no_input_leaves_the_vendors_rules(tags: Any, environment: str, project: str, title: str) -> None:
    event, _ = event_of(tags, environment=environment, project_slug=project, title=title)
    labels = event["labels"]
    assert len(labels) <= 50
    for name, value in labels.items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name)
        assert not name.startswith("layer_")
        assert isinstance(value, str)
        assert 0 < len(value) <= 2048
        assert not value.startswith(("[TPL]", "[MD]"))
    assert event["title_rule"].startswith("[")
    assert not re.match(r"\s*\[\s*(tpl|md)\s*\]", event["title_rule"], re.IGNORECASE)
    assert not re.search(r"\$[A-Za-z_{]", event["title_rule"])
    assert 3 < len(event["title_rule"]) <= 512
    assert len(event["description"]) <= 2048
