"""No message is ever larger than Feishu takes, whatever Sentry sends."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import ListedAlert, Listing, Message, MessageType, OutcomeKind, Severity, Text
from integrations.feishu import DESTINATION
from tests.integrations.feishu.samples import NOW, alert, listing, message, metric, recovery, settings

LIMIT = 20_000
LINK = "https://sentry.example.com/" + "a" * 1970
HUGE = [character * 200_000 for character in ("a", "异", "😀", '"', "\\", "\n", "<", "\u0000", "\ud800", "&", "<at")]


def strict() -> Any:
    return settings(
        secret="s" * 200,
        title_prefix="前" * 50,
        keyword="词" * 50,
        mention={"critical": ["ou_" + f"{number:061d}" for number in range(20)]},
    )


def sizes(about: Message, stated: Any) -> list[int]:
    bodies = []
    for schema in ("1.0", "2.0"):
        for simplification in (None, OutcomeKind.SIMPLIFY):
            bodies.append(DESTINATION.render(about, {**stated, "card_schema": schema}, NOW, simplification).body)
    for body in bodies:
        json.loads(body)
    return [len(body) for body in bodies]


def count(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (1 if isinstance(value, dict) and "tag" in value else 0) + sum(map(count, inner))


@pytest.mark.parametrize("text", HUGE, ids=lambda text: ascii(text[0]))
def test_an_alert_of_any_size_fits(text: str) -> None:
    told = alert(
        **dict.fromkeys(
            ("title", "message", "culprit", "error_type", "error_value", "level", "environment", "project_slug"), text
        ),
        issue_id=text,
        rule_name=text,
        link=LINK,
    )
    for about in (message(told), message(replace(told, kind="metric")), recovery(environment=text)):
        loud = replace(
            about, severity=Severity.CRITICAL, late_minutes=10**6, fallback_of=text, log_link=LINK, mute_link=LINK
        )
        assert max(sizes(loud, strict())) <= LIMIT


@pytest.mark.parametrize("text", HUGE, ids=lambda text: ascii(text[0]))
def test_a_listing_of_any_size_fits_and_stays_below_the_limit_of_elements(text: str) -> None:
    body = Listing(
        title=Text(text, text),
        total=10**9,
        per_project=tuple((text, 10**6) for _ in range(300)),
        alerts=tuple(ListedAlert(text, text, Severity.CRITICAL, LINK, 10**6) for _ in range(10)),
        lines=tuple(Text(text, text) for _ in range(300)),
        link=LINK,
    )
    about = listing(MessageType.DIGEST, listing=body, log_link=LINK, mute_link=LINK, fallback_of=text)
    assert max(sizes(about, strict())) <= LIMIT
    small = replace(body, alerts=tuple(replace(listed, title="x", link="https://a.example") for listed in body.alerts))
    rendered = DESTINATION.render(replace(about, listing=small), strict(), NOW, None)
    assert count(json.loads(rendered.body)) < 200


def test_what_was_cut_says_so_and_the_rest_stays() -> None:
    told = alert(message="first " + "异" * 50_000)
    body = DESTINATION.render(message(told), settings(), NOW, None).body
    elements = json.loads(body)["card"]["elements"]
    shown = elements[4]["text"]["content"]
    assert shown.startswith("Message:\nfirst 异异")
    assert shown.endswith("异…")
    assert len(shown) > 3000
    assert [part["tag"] for part in elements[-3:]] == ["action", "hr", "note"]


def test_alerts_that_find_no_room_are_counted() -> None:
    told = tuple(ListedAlert("x" * 200, "web", Severity.WARNING, LINK) for _ in range(10))
    body = Listing(title=Text("x", "x"), total=10, per_project=(("web", 10),), alerts=told)
    request = DESTINATION.render(listing(MessageType.SUMMARY, listing=body, log_link=LINK), settings(), NOW, None)
    assert "… 另有 5 项未列出" in request.body.decode()


@given(text=st.text(), schema=st.sampled_from(["1.0", "2.0"]), simplify=st.booleans())
def test_any_text_makes_a_body_that_can_be_read(text: str, schema: str, simplify: bool) -> None:
    told = alert(title=text, message=text, culprit=text, error_value=text, project_slug=text, link=text, level=text)
    stated = settings(card_schema=schema)
    for about in (
        message(told, fallback_of=text, log_link=text),
        replace(metric(), alert=replace(told, kind="metric")),
    ):
        request = DESTINATION.render(about, stated, NOW, OutcomeKind.SIMPLIFY if simplify else None)
        json.loads(request.body.decode("utf-8"))
        assert len(request.body) <= LIMIT
