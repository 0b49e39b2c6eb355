"""The house keeps its shape: budgets of size, forbidden names, nothing hidden."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("relay_site", "routing", "integrations")
MODULES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base"}
NAMED_BY_DJANGO = {Path("relay_site/sqlite3/base.py")}
HARD_STOP_MODULE = 300
HARD_STOP_FUNCTION = 40


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_stays_within_its_budget_and_says_what_it_is(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert path.stem not in FORBIDDEN_NAMES or path.relative_to(ROOT) in NAMED_BY_DJANGO
    assert source.count("\n") <= HARD_STOP_MODULE
    assert ast.get_docstring(tree) or not tree.body, "a module begins with a sentence about itself"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno
            assert length <= HARD_STOP_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_public_function_or_class_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_nothing_is_marked_as_to_be_done(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [word for word in ("TODO", "FIXME", "XXX", "To be written") if word in text]


def test_no_model_overrides_save() -> None:
    for path in (ROOT / "routing" / "models").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}), path.name
