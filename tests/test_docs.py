"""What the pages say is there, and what is there is said."""

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from inspect import signature
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import integrations
from integrations import contract
from integrations.contract import Destination, OutcomeKind, Reason, Response
from integrations.registry import DESTINATIONS
from routing.models import BulkReason, BulkStatus, DeliveryReason, DeliveryStatus, InboundReason, InboundStatus
from routing.policy.conditions import parse_when
from routing.policy.severity import parse_mapping
from routing.policy.specs import RuleSpec, SilenceSpec, TargetSpec
from routing.policy.window_json import parse_range, parse_window
from routing.services.configuration.document import parse_file
from tests.integrations import test_registry
from tests.routing.policy.making import alert, configuration, decided

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
COOKBOOK = DOCS / "routing-cookbook.md"
COMMANDS = sorted(
    path.stem for path in (ROOT / "routing/management/commands").glob("*.py") if not path.stem.startswith("_")
)
ANSWERS = (ROOT / "routing/services/ingest/answers.py").read_text(encoding="utf-8")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# ---- codes, settings, commands


@pytest.mark.parametrize(
    "code",
    sorted(
        {
            *map(str, Reason),
            *map(str, OutcomeKind),
            *BulkReason.values,
            *BulkStatus.values,
            *DeliveryReason.values,
            *DeliveryStatus.values,
            *InboundReason.values,
            *InboundStatus.values,
            *re.findall(r'_refusal\(\s*\d+,\s*"(\w+)"', ANSWERS),
            *re.findall(r'"reason": "(\w+)"', ANSWERS),
            "lost",
            "duplicate",
        }
    ),
)
def test_every_code_is_explained(code: str) -> None:
    assert f"`{code}`" in read(DOCS / "reason-codes.md")
    assert f"`{code}`" in read(DOCS / "reason-codes.zh-CN.md")


@pytest.mark.parametrize("page", ["reason-codes.md", "reason-codes.zh-CN.md"])
def test_no_code_is_explained_that_there_is_not(page: str) -> None:
    rows = [line for line in read(DOCS / page).splitlines() if re.match(r"\| `\w+` \|", line)]
    known = {*map(str, Reason), *BulkReason.values, *DeliveryReason.values, *InboundReason.values, "lost", "expired"}
    assert {line.split("`")[1] for line in rows} - known == set()


def variables() -> set[str]:
    sources = [read(path) for path in (ROOT / "relay_site").glob("*.py")]
    return {name for text in sources for name in re.findall(r'\b(?:env\.\w+|secret|key)\(\s*"([A-Z_]+)"', text)}


def test_every_environment_variable_is_described() -> None:
    described = read(DOCS / "settings.md")
    assert len(variables()) > 15
    assert sorted(name for name in variables() if f"| `{name}` |" not in described) == []


def test_no_environment_variable_is_described_that_nobody_reads() -> None:
    described = set(re.findall(r"^\| `([A-Z_]+)` \|", read(DOCS / "settings.md"), re.MULTILINE))
    assert described - variables() == set()


def test_both_languages_describe_the_same_settings() -> None:
    named = [
        re.findall(r"^\| `([A-Z_]+)` \|", read(DOCS / page), re.MULTILINE)
        for page in ("settings.md", "settings.zh-CN.md")
    ]
    assert named[0] == named[1]


@pytest.mark.parametrize("page", ["promises", "operations", "reason-codes", "add-a-destination", "routing-cookbook"])
def test_both_languages_have_the_same_tables(page: str) -> None:
    rows = [read(DOCS / f"{page}{language}.md").count("\n|") for language in ("", ".zh-CN")]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("page", ["operations.md", "operations.zh-CN.md"])
def test_every_command_is_described(command: str, page: str) -> None:
    table = read(DOCS / page).split("| `manage.py …` |")[1]
    assert re.search(rf"`{command}\b", table)


# ---- pages hang together


def is_told_in_chinese(page: Path) -> bool:
    return page.name.endswith(".zh-CN.md")


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    linked = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", read(page))
    assert [link for link in linked if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if is_told_in_chinese(page)], ids=relative)
def test_a_chinese_page_has_the_steps_and_commands_of_the_english_one(page: Path) -> None:
    english = read(page.with_name(page.name.replace(".zh-CN.md", ".md")))
    chinese = read(page)
    for mark in (r"^#+ ", r"^\d+\. ", r"^\|", r"^```"):
        assert len(re.findall(mark, chinese, re.MULTILINE)) == len(re.findall(mark, english, re.MULTILINE)), mark


@pytest.mark.parametrize(
    "name",
    ["api-cookbook", "operations", "reason-codes", "routing-cookbook", "single-sign-on", "setup/from-flashduty-direct"],
)
def test_a_page_for_users_is_there_in_both_languages(name: str) -> None:
    assert f"[中文]({Path(name).name}.zh-CN.md)" in read(DOCS / f"{name}.md")
    assert f"[English]({Path(name).name}.md)" in read(DOCS / f"{name}.zh-CN.md")


# ---- the cookbook

RECIPES: list[str] = re.findall(r"```yaml\n(.*?)```", read(COOKBOOK), re.DOTALL)
OFFICE = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in Shanghai."""
NIGHT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
"""23:30 of that day."""


def test_there_are_ten_recipes_and_the_same_in_both_languages() -> None:
    chinese = re.findall(r"```yaml\n(.*?)```", read(DOCS / "routing-cookbook.zh-CN.md"), re.DOTALL)
    assert len(RECIPES) == 10
    assert chinese == RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=range(1, 11))
def test_a_recipe_is_a_piece_of_a_configuration_file(recipe: str) -> None:
    document = parse_file(f"version: 1\n{recipe}")
    assert any(document.sections.values())


def decide_by(recipe: int, *, now: datetime = OFFICE, **given: Any) -> dict[str, str]:
    """Target -> severity that a recipe gives an alert; what no rule knows goes to `default`."""
    written = yaml.safe_load(RECIPES[recipe - 1])
    rules = written.get("rules", [])
    names = ["default", *sorted({name for rule in rules for name in rule["targets"]})]
    made = configuration(
        *(_rule(number, rule, names) for number, rule in enumerate(rules)),
        targets={number: TargetSpec(id=number, name=name, kind="feishu") for number, name in enumerate(names)},
        source_defaults={"acme": (0,)},
        silences=tuple(_silence(number, silence) for number, silence in enumerate(written.get("silences", []))),
    )
    verdicts = decided(made, alert(**given), now=now).verdicts
    return {names[each.target]: "silenced" if each.silence is not None else str(each.severity) for each in verdicts}


def _rule(number: int, written: dict[str, Any], names: list[str]) -> RuleSpec:
    return RuleSpec(
        id=number,
        name=written["name"],
        project=written.get("project"),
        when=parse_when(written.get("when")),
        severity=parse_mapping(written.get("severity")),
        targets=tuple(names.index(name) for name in written["targets"]),
        continues=written.get("continue", False),
        repeat_minutes=written.get("repeat_minutes", 0),
        active=parse_window(written.get("active"), "active", default_timezone="UTC"),
    )


def _silence(number: int, written: dict[str, Any]) -> SilenceSpec:
    starts, ends = parse_range(written["from"], written["to"], "") if "from" in written else (None, None)
    return SilenceSpec(
        id=number,
        name=written["name"],
        when=parse_when(written["when"]),
        starts_at=starts,
        ends_at=ends,
        weekly=parse_window(written.get("weekly"), "weekly", default_timezone="UTC"),
    )


@pytest.mark.parametrize(
    ("recipe", "given", "told"),
    [
        (2, {"environment": "prod"}, {"team-feishu": "warning", "duty": "warning"}),
        (2, {"environment": "prod", "level": "warning"}, {"team-feishu": "warning"}),
        (2, {"environment": "test"}, {"team-feishu": "warning"}),
        (3, {"project_slug": "payments"}, {"payments-feishu": "warning", "duty": "warning"}),
        (3, {"project_slug": "other"}, {"default": "warning"}),
        (4, {"level": "fatal"}, {"duty": "critical", "team-feishu": "critical"}),
        (4, {"level": "error"}, {"default": "warning"}),
        (5, {"environment": "production"}, {"archive-feishu": "warning", "duty": "warning"}),
        (5, {"environment": "test"}, {"archive-feishu": "warning"}),
        (6, {"now": OFFICE}, {"team-feishu": "warning"}),
        (6, {"now": NIGHT}, {"duty": "warning", "team-feishu": "warning"}),
        (8, {"tags": {"customer": ("Globex",)}}, {"duty": "critical"}),
        (8, {"tags": {"plan": ("enterprise",), "region": ("staging",)}}, {"default": "warning"}),
        (9, {"title": "ChunkLoadError: Loading chunk 7 failed"}, {"team-feishu": "drop"}),
        (9, {"title": "resizeobserver LOOP completed"}, {"team-feishu": "drop"}),
        (9, {"title": "TypeError"}, {"default": "warning"}),
        (10, {"project_slug": "batch-7", "now": NIGHT}, {"default": "silenced"}),
        (10, {"project_slug": "batch-7", "now": OFFICE}, {"default": "warning"}),
        (10, {"project_slug": "web", "now": datetime(2025, 12, 31, 16, 30, tzinfo=UTC)}, {"default": "silenced"}),
    ],
)
def test_a_recipe_does_what_its_text_says(recipe: int, given: dict[str, Any], told: dict[str, str]) -> None:
    assert decide_by(recipe, **given) == told


# ---- the destination that a page shows how to add


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Destination]:
    """The destination of a page, made and registered as the page says."""
    page = read(DOCS / "add-a-destination.md")
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        file = tmp_path / block.splitlines()[0].removeprefix("# integrations/")
        file.parent.mkdir(exist_ok=True)
        file.write_text(block, encoding="utf-8")
    samples = re.search(r'`(\{"minimal": .*?\}\})`', page)
    assert samples
    (tmp_path / "example.json").write_text(samples[1], encoding="utf-8")
    monkeypatch.setattr(integrations, "__path__", [*integrations.__path__, str(tmp_path)])
    monkeypatch.setattr(test_registry, "FIXTURES", tmp_path)
    forget("integrations.example")
    made = import_module("integrations.example").DESTINATION
    monkeypatch.setitem(DESTINATIONS, "example", made)
    yield made
    forget("integrations.example")


def forget(package: str) -> None:
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]


PROMISES = {
    name: test
    for name, test in vars(test_registry).items()
    if name.startswith("test_")
    and name != "test_a_kind_is_a_folder_that_parts_settings_messages_and_answers"
    and "data" not in signature(getattr(test, "hypothesis", SimpleNamespace(inner_test=test)).inner_test).parameters
}
"""What every destination promises, by tables; where its folder lies is the page's own business."""


def test_the_destination_is_the_same_in_both_languages() -> None:
    made = [
        re.findall(r"```\w*\n.*?```", read(DOCS / f"add-a-destination{language}.md"), re.DOTALL)
        for language in ("", ".zh-CN")
    ]
    assert made[0] == made[1]


def test_the_destination_of_the_page_keeps_what_every_destination_promises(example: Destination) -> None:
    sample = test_registry.samples("example")["minimal"]
    given: dict[str, Sequence[Any]] = {
        "destination": [example],
        "sample": [sample],
        "message": list(test_registry.MESSAGES.values()),
        "name": ["firing", "recovery", "summary"],
    }
    for name, promise in PROMISES.items():
        wanted = list(signature(promise).parameters)
        statuses = [429, 503] if "wait" in name else range(100, 600)
        for values in product(*({**given, "status": statuses}[word] for word in wanted)):
            promise(**dict(zip(wanted, values, strict=True)))
    assert example.interpret(Response(200, {}, b'{"ok": true}')).kind == OutcomeKind.SENT


# ---- what is said beside the pages


def test_the_changelog_says_nothing_twice() -> None:
    entries = re.findall(r"^- (.{40})", read(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert len(entries) == len(set(entries))


def test_whatever_the_architecture_names_is_there() -> None:
    text = read(ROOT / "ARCHITECTURE.md")
    for name in re.findall(r"`([a-z_/]+(?:\.py|/))`", text):
        assert any((room / name).exists() for room in (ROOT, ROOT / "routing", ROOT / "routing/services")), name
    for module in re.findall(r"(?:services|api|integrations)/[a-z]+", text):
        assert [*ROOT.glob(f"{module}*"), *ROOT.glob(f"routing/{module}*")], module
    words = re.search(r"the neutral words: ([\w, ]+)", text)
    assert words
    assert [word for word in words[1].split(", ") if not hasattr(contract, word.strip())] == []


def test_settings_that_may_come_from_a_file_are_named() -> None:
    sources = "".join(read(path) for path in (ROOT / "relay_site").glob("*.py"))
    names = {name for name in re.findall(r'\b(?:secret|key)\(\s*"([A-Z_]+)"', sources) if not name.startswith("SSO_")}
    for page in ("settings.md", "settings.zh-CN.md"):
        head = read(DOCS / page).partition("\n|")[0]
        assert {name for name in names if f"`{name}`" not in head} == set()
