"""Every stable code has words in both languages, and pages show them with the code beside."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.translation import override

from integrations.contract import OutcomeKind, Reason
from routing import codes
from routing.models import (
    BulkAct,
    DeliveryReason,
    DeliveryStatus,
    InboundReason,
    InboundStatus,
    QuarantinedCall,
    Source,
    Target,
)
from routing.policy.fields import FIELDS
from routing.policy.operators import OPERATORS
from routing.policy.patterns import SUSPENDED, TIMED_OUT
from routing.reasons import ATTEMPT, wording
from routing.services.ingest.vouching import BAD_SIGNATURE, UNREADABLE_SECRET, UNSIGNED
from routing.services.storing.prepared import Direct
from routing.templatetags.showing import coded, flagged, moment, span

ROUTING = Path(codes.__file__).parent
CHINESE = re.compile("[\u4e00-\u9fff]")


def keywords(name: str, functions: tuple[str, ...]) -> Iterator[str]:
    """The constant texts given as this keyword to these functions, anywhere in the application."""
    for path in ROUTING.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in functions:
                given = [word.value for word in node.keywords if word.arg == name]
                yield from [
                    part.value
                    for value in given
                    for part in ast.walk(value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value != "bulk_"
                ]


def positional(function: str) -> Iterator[str]:
    """The constant texts given to this function as its first argument."""
    for path in ROUTING.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == function and node.args:
                parts = (part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))
                yield from [part for part in parts if isinstance(part, str)]


USED = {
    "outcome": {*map(str, OutcomeKind), "lost"},
    "refusal": {UNSIGNED, BAD_SIGNATURE, UNREADABLE_SECRET, "unknown_target"},
    "flag": {"test", "unsigned", "unknown_resource", "unfamiliar", "replayed", Direct().flag},
    "trouble": {TIMED_OUT, SUSPENDED},
    "result": {"matched", "not_matched", "outside_active_hours", "broken", "not_reached", "routed", "unknown_target"},
    "engine": set(keywords("engine", ("Presence",))),
    "action": {
        *keywords("action", ("record", "entry")),
        "created",
        "changed",
        "deleted",
        *[f"bulk_{act}" for act in BulkAct],
    },
    "field": set(FIELDS),
    "operator": set(OPERATORS),
    "wait": set(positional("Wait")),
}


def test_every_sort_of_code_is_looked_at() -> None:
    assert set(USED) == set(codes.SORTS)
    assert {"embedded", "relay", "celery"} <= USED["engine"]
    assert {"resend", "view_body", "changed_severity"} <= USED["action"]
    assert {"limit", "gathering"} <= USED["wait"]


@pytest.mark.parametrize("sort", codes.SORTS)
def test_every_code_in_use_has_words_in_both_languages(sort: str) -> None:
    assert USED[sort] - set(codes.SORTS[sort]) == set()
    for code in USED[sort]:
        with override("zh-hans"):
            assert CHINESE.search(str(codes.words(sort, code))), code
        with override("en"):
            assert not CHINESE.search(str(codes.words(sort, code))), code


@pytest.mark.parametrize("code", sorted({*map(str, Reason), *DeliveryReason.values, *ATTEMPT}))
def test_every_reason_of_a_delivery_or_attempt_has_words_in_both_languages(code: str) -> None:
    with override("zh-hans"):
        assert CHINESE.search(str(wording(code).meaning))
    with override("en"):
        assert "_" not in str(wording(code).meaning)


@pytest.mark.parametrize("choices", [InboundStatus, InboundReason, DeliveryStatus, DeliveryReason])
def test_every_choice_has_words_in_both_languages(choices) -> None:
    with override("zh-hans"):
        assert [str(label) for label in choices.labels if not CHINESE.search(str(label))] == []


def test_words_come_with_their_code_in_small_type_and_strangers_are_escaped() -> None:
    with override("en"):
        assert coded("timeout", "reason") == 'no answer in time <small class="code">timeout</small>'
        assert coded("<b>", "flag") == '<small class="code">&lt;b&gt;</small>'
        assert coded("", "reason") == ""
        shown = flagged(["unsigned", "unfamiliar: <i>", "replayed: 2026-01-02T03:04:05+00:00"])
    assert "&lt;i&gt;" in shown
    assert "2026-01-02 11:04:05" in shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02 11:04:05"),
        ("2026-01-02T03:04:05+00:00", "2026-01-02 11:04:05"),
        ("soon", "soon"),
        (None, "—"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_time_is_told_in_the_zone_of_the_page(given, shown: str, language: str) -> None:
    with override(language):
        assert moment(given) == shown


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3700, "1 h 1 min"), (90000, "1 d 1 h")]
)
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds: float, told: str) -> None:
    with override("en"):
        assert span(seconds) == told


@pytest.mark.django_db
def test_times_are_in_the_zone_that_the_browser_tells_and_the_zone_is_named(admin_client) -> None:
    source = Source.objects.create(name="acme")
    QuarantinedCall.objects.create(
        source=source,
        reason="unreadable_secret",
        data=b"x",
        size=1,
        received_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    path = "/admin/routing/quarantinedcall/"
    page = admin_client.get(path, headers={"Accept-Language": "en"}).text
    assert "2026-01-02 11:04:05" in page
    assert "Times are in Asia/Shanghai (UTC+08:00)." in page
    assert "our client secret cannot be opened" in page
    admin_client.cookies["zone"] = "America%2FNew_York"
    page = admin_client.get(path, headers={"Accept-Language": "en"}).text
    assert "2026-01-01 22:04:05" in page
    assert "America/New_York" in page
    admin_client.cookies["zone"] = "..%2F..%2Fetc%2Fpasswd"
    assert "Asia/Shanghai" in admin_client.get(path).text


@pytest.mark.django_db
def test_the_health_of_a_target_is_told_in_words(admin_client) -> None:
    Target.objects.create(name="team", kind="feishu", broken_since=timezone.now(), last_failure_reason="bad_address")
    for path in ("routing/target/", "routing/feishubot/", ""):
        page = admin_client.get(f"/admin/{path}", headers={"Accept-Language": "zh-CN"}).text
        assert "机器人已被移除" in page or "地址" in page, path
    assert "needs a person: bad_address" not in admin_client.get("/admin/routing/target/").text
