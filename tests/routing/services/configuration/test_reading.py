"""Reading the file: plain YAML only, and every mistake told with its line, its path and what to do."""

import pytest

from routing.fields import Sealed
from routing.services.configuration.document import Document, parse_file
from routing.services.configuration.problems import ConfigurationError


def problems_of(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        parse_file(text)
    return [(problem.line, problem.path, problem.text.en) for problem in caught.value.problems]


def rule(keys: str) -> str:
    return f"version: 1\nrules:\n  - name: r\n{keys}"


@pytest.mark.parametrize(
    ("text", "line", "path", "part"),
    [
        ("version: 1\nrules: }", 2, "", "not YAML"),
        ("version: 2", 1, "version", "version: 1"),
        ("", None, "version", "version: 1"),
        ("- 1", 1, "", "sections"),
        ("version: 1\nrulez: []", 2, "rulez", "known are version, operations_target"),
        ("version: 1\nrules: {}", 2, "rules", "give a list"),
        ("version: 1\nrules: [3]", 2, "rules[0]", "write its keys"),
        ("version: 1\nrules:\n  - targets: []", 3, "rules[0].name", "name is missing"),
        (rule("    name: q"), 4, "rules[0].name", "stands twice"),
        (rule("    conitnue: true"), 4, "rules[0].conitnue", "known are name, enabled"),
        (rule("    active: {from: 18:00, to: '19:00'}"), 4, "rules[0].active.from", "quote it"),
        (rule("    active: {from: '18:00', to: 18:30:30.5}"), 4, "rules[0].active.to", "quote it"),
        (rule("    enabled: maybe"), 4, "rules[0].enabled", "true or false"),
        (rule("    repeat_minutes: -1"), 4, "rules[0].repeat_minutes", "whole number"),
        (rule("    repeat_minutes: true"), 4, "rules[0].repeat_minutes", "whole number"),
        (rule("    when:\n      - {field: level, op: at_least, value: no}"), 5, "rules[0].when[0].value", "quote it"),
        (rule("    when:\n      - {field: colour, op: is, value: x}"), 5, "rules[0].when[0].field", "unknown field"),
        (rule("    severity: {resolved: critical}"), 4, "rules[0].severity.resolved", "ok, drop"),
        (rule("    targets: [a, 7]"), 4, "rules[0].targets[1]", "letter or digit"),
        (rule("    project: {env: NO_SUCH_THING}"), 4, "rules[0].project", "no NO_SUCH_THING"),
        (rule("    project: {sealed: v1:xyz}"), 4, "rules[0].project", "FIELD_KEYS"),
        (rule("    project: !!python/object:os.system {}"), 4, "rules[0].project", "unknown key|mapping|text"),
        ("version: 1\ntargets:\n  - {name: t, kind: pager}", 3, "targets[0].kind", "feishu, flashduty"),
        ("version: 1\ntargets:\n  - {name: t, kind: feishu, push_url: x}", 3, "targets[0].push_url", "webhook_url"),
        ("version: 1\ntargets:\n  - {name: t, kind: feishu, fallback: t}", 3, "targets[0].fallback", "own fallback"),
        ("version: 1\nsilences:\n  - {name: s}", 3, "silences[0]", "either from and to, or weekly"),
        ("version: 1\nsources:\n  - {name: s, hook_keys: [a b]}", 3, "sources[0].hook_keys[0]", "URL"),
        ("version: 1\nsources:\n  - {name: s}\n  - {name: s}", 4, "sources[1].name", "stands twice"),
        ("version: 1\ntests:\n  - {payload: {}, source: s, expect: {targets: []}}", 3, "tests[0].payload", "path"),
        ("version: 1\ntests:\n  - {payload: x, source: s, expect: {target: []}}", 3, "tests[0].expect.target", "known"),
    ],
)
def test_a_mistake_is_told_with_line_path_and_advice(text, line, path, part):
    found = problems_of(text)
    assert (found[0][0], found[0][1]) == (line, path)
    assert any(word in found[0][2] for word in part.split("|"))


def test_many_mistakes_are_told_at_once():
    paths = [path for _, path, _ in problems_of(rule("    enabled: 3\n    bogus: 1\n    targets: x"))]
    assert paths == ["rules[0].bogus", "rules[0].enabled", "rules[0].targets"]


def test_a_value_that_refers_to_itself_is_refused():
    assert "nested too deeply" in problems_of("version: 1\nrules: &a [*a]")[0][2]


def test_a_secret_never_stands_in_an_error(monkeypatch):
    monkeypatch.setenv("HOOK_KEY", "not a word\u00e9")
    found = problems_of("version: 1\nsources:\n  - {name: s, hook_keys: [{env: HOOK_KEY}]}")
    assert "not a word" not in str(found)


def test_values_may_come_from_the_environment_or_sealed(monkeypatch):
    monkeypatch.setenv("SECRET_1", "s-1")
    monkeypatch.setenv("MINUTES", "5")
    token = Sealed.seal("s-2").token
    text = f"version: 1\nsources:\n  - {{name: s, client_secrets: [{{env: SECRET_1}}, {{sealed: '{token}'}}]}}\n"
    text += "rules:\n  - {name: r, repeat_minutes: {env: MINUTES}}"
    document: Document = parse_file(text)
    secrets = document.sections["sources"]["s"]["client_secrets"]
    assert [str(secret) for secret in secrets] == ["s-1", "s-2"]
    assert secrets[1].token == token
    assert repr(secrets) == "[••••, ••••]"
    assert document.sections["rules"]["r"]["repeat_minutes"] == 5


def test_merge_keys_and_anchors_are_plain_yaml():
    text = "version: 1\nrules:\n  - &a {name: r, continue: true, targets: []}\n  - {<<: *a, name: q}"
    assert parse_file(text).sections["rules"]["q"]["continue"] is True
