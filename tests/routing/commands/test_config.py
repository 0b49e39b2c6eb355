"""`manage.py config`: what stands on which stream, and how it ends."""

import io
import sys

import orjson
import pytest
from django.core.management import call_command
from django.utils import translation

from routing.models import Rule
from tests.routing.services.configuration.files import FULL
from tests.routing.services.configuration.test_testing import EVENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    def call(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            call_command("config", *arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def file(tmp_path):
    def write(text: str, name: str = "relay.yaml") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_apply_tells_the_changes_and_export_gives_the_file_back(run, file):
    code, out, err = run("apply", file(FULL))
    assert (code, err) == (0, "Applied.\n")
    assert "+ rule production errors" in out
    code, out, err = run("export")
    assert (code, err) == (0, "")
    assert run("apply", file(out)) == (0, "", "No changes.\n")


def test_a_plan_writes_nothing(run, file):
    code, out, _ = run("plan", file(FULL))
    assert (code, "+ rule the rest" in out) == (0, True)
    assert not Rule.objects.exists()


def test_every_mistake_names_file_line_path_and_reason(run, file):
    path = file("version: 1\nrules:\n  - name: r\n    active: {from: 18:00, to: '19:00'}\n    active: {}\n")
    code, out, err = run("apply", path)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"{path}:5: rules[0].active: this key stands twice",
        f'{path}:4: rules[0].active.from: quote it: write "18:00", in quotes',
    ]


def test_a_file_that_is_not_there_ends_with_two(run, tmp_path):
    code, out, err = run("plan", str(tmp_path / "none.yaml"))
    assert (code, out) == (2, "")
    assert "No such file" in err


def test_the_file_may_come_on_standard_input(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"version: 1\nrules: [{name: piped}]")))
    assert run("apply", "-")[0] == 0
    assert Rule.objects.get().name == "piped"


def test_lint_finds_what_may_not_be_meant(run, file):
    code, out, _ = run("lint", file("version: 1\nrules: [{name: r}]"))
    assert code == 1
    assert "no_targets\trule r\thas no targets" in out
    run("apply", file("version: 1\nrules: [{name: stored}]"))
    assert "rule stored" in run("lint")[1]


def test_test_says_what_failed_and_ends_with_one(run, file, tmp_path):
    (tmp_path / "event.json").write_bytes(orjson.dumps(EVENT))
    test = "tests:\n  - {payload: event.json, resource: event_alert, source: acme, expect: {targets: [%s]}}\n"
    text = FULL.replace('active: {days: [mon, tue], from: "09:00", to: "18:00", timezone: Asia/Shanghai}', "")
    code, out, err = run("test", file(text + test % "team"))
    assert (code, out, err) == (0, "ok\ttests[0] event.json\n", "1 tests, 0 failed.\n")
    code, out, _ = run("test", file(text + test % "duty"))
    assert code == 1
    assert out.splitlines()[:2] == ["FAILED\ttests[0] event.json", "\ttargets: expected duty, got team"]


def test_mistakes_and_results_are_told_in_the_sites_language(run, file):
    path = file("version: 1\nrules:\n  - name: r\n    active: {}\n    active: {}\n")
    with translation.override("zh-hans"):
        assert "该键重复出现" in run("apply", path)[2]
        assert run("apply", file(FULL))[2] == "已应用。\n"
