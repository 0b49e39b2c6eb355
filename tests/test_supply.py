"""The bill of materials says what the lock installs, and an audit that could not ask never looks clean."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements" / "extras.txt").read_text(encoding="utf-8")
PROJECT = {"name": "alert-relay", "version": "1", "license": "MIT"}
FLAW = {"id": "CVE-1", "fix_versions": ["2"]}
GOOD = {"name": "good", "version": "1", "vulns": []}
BAD = {"name": "bad", "version": "1", "vulns": [FLAW]}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "deploy" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_package_of_the_lock_is_on_the_bill_with_all_its_hashes() -> None:
    made = script("sbom").bill(LOCK, PROJECT)
    locked = dict(re.findall(r"^([\w.-]+)(?:\[.*?\])?==([^\s;]+)", LOCK, re.MULTILINE))
    assert {one["name"]: one["version"] for one in made["components"]} == locked
    hashes = [each["content"] for one in made["components"] for each in one["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:(\w+)", LOCK))
    assert all(one["hashes"] for one in made["components"])


def test_the_same_lock_gives_the_same_bytes_and_another_one_another_number() -> None:
    sbom = script("sbom")
    first, second = (json.dumps(sbom.bill(LOCK, PROJECT)) for _ in range(2))
    assert first == second
    assert sbom.bill(LOCK + "\n", PROJECT)["serialNumber"] not in first


def test_a_marker_is_kept_and_nonsense_is_refused() -> None:
    line = "cffi==2.1.1 ; platform_python_implementation != 'PyPy' \\\n    --hash=sha256:" + "0" * 64
    only = script("sbom").components(line)[0]
    assert only["properties"] == [{"name": "environment-marker", "value": "platform_python_implementation != 'PyPy'"}]
    with pytest.raises(ValueError, match="not understood"):
        script("sbom").components("-e .")


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        ([GOOD], 0, "1 of 1 packages were looked up"),
        ([GOOD, BAD], 1, "VULNERABLE bad 1: CVE-1, mended in 2"),
        ([BAD, UNKNOWN], 1, "NOT AUDITED"),
        ([GOOD, UNKNOWN], 3, "out of reach: unknown"),
        ([], 3, "out of reach: everything"),
    ],
)
def test_only_what_was_looked_up_counts_as_clean(dependencies, code, said) -> None:
    found, lines = script("audit").verdict(dependencies)
    assert found == code
    assert said in "\n".join(lines)


@pytest.mark.parametrize(("more", "code"), [([], 3), (["--unless-offline"], 0)])
def test_without_the_program_or_the_network_it_says_so(more, code, capsys) -> None:
    assert script("audit").main(["/nonexistent/pip-audit", "requirements/extras.txt", *more]) == code
    assert "NOT AUDITED" in capsys.readouterr().out
