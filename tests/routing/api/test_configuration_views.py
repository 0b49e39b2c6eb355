"""Configured objects over HTTP."""

import pytest

from routing.models import AuditEntry, HookKey, Role, Rule, Silence, Source, Target
from tests.routing.api.calling import Caller
from tests.routing.services.configuration.files import FULL, HOOK, applied

pytestmark = pytest.mark.django_db

TARGET = {"name": "t", "kind": "feishu", "webhook_url": HOOK + "5", "secret": "abc"}
SILENCE = {"name": "deploy 42", "when": [{"field": "project", "op": "is", "value": "web"}], "reason": "release"}
HOUR = {"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T09:00:00+08:00"}


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.mark.parametrize("section", ["sources", "projects", "targets", "rules", "silences"])
def test_what_is_read_may_be_written_back_unchanged(caller, section):
    applied(FULL)
    found = caller.send("get", f"{section}/").json()["results"]
    for item in found:
        name = f"{item['source']}/{item['slug']}" if section == "projects" else item["name"]
        answer = caller.send("put", f"{section}/{name}/", item)
        assert (answer.status_code, answer.json()) == (200, item)
    assert AuditEntry.objects.filter(actor="test-operator").count() == 0


def test_secrets_are_written_and_never_shown(caller):
    answer = caller.send("post", "targets/", TARGET)
    assert answer.status_code == 201
    assert (answer.json()["webhook_url"], answer.json()["secret"]) == ("••••", "••••")
    assert Target.objects.get().settings()["secret"] == "abc"
    assert "00000000" not in caller.send("get", "targets/t/").content.decode()


def test_creating_the_same_again_is_no_mistake_and_another_is_a_conflict(caller):
    assert caller.send("post", "silences/", {**SILENCE, **HOUR}).status_code == 201
    assert caller.send("post", "silences/", {**SILENCE, **HOUR}).status_code == 200
    assert caller.send("post", "silences/", {**SILENCE, **HOUR, "reason": "other"}).status_code == 409
    assert Silence.objects.get().reason == "release"
    assert AuditEntry.objects.get(action="created").actor == "test-operator"


def test_a_new_source_tells_its_hook_url_once(caller):
    made = caller.send("post", "sources/", {"name": "acme"}).json()
    key = HookKey.objects.get().key.open()
    assert made["hook_urls"] == [f"http://127.0.0.1:8000/webhooks/sentry/{key}/"]
    assert key not in caller.send("get", "sources/acme/").content.decode()


@pytest.mark.parametrize(
    ("path", "data", "fields"),
    [
        ("targets", {"name": "t"}, {"kind"}),
        ("targets", {}, {"name", "kind"}),
        ("targets", {**TARGET, "kind": "pager"}, {"kind", "webhook_url", "secret"}),
        ("targets", {"name": "t", "kind": {}}, {"kind"}),
        ("targets", {**TARGET, "webhook_url": "http://localhost/"}, {"webhook_url"}),
        ("targets", {**TARGET, "fallback": "nobody"}, {"fallback"}),
        ("targets", {**TARGET, "colour": "red"}, {"colour"}),
        ("rules", {"name": "r", "when": [{"field": "level", "op": "at_least", "value": "x"}]}, {"when[0].value"}),
        ("rules", {"name": "r", "targets": ["nobody"]}, {"targets"}),
        ("rules", {"name": "r", "severity": {"resolved": "critical"}}, {"severity.resolved"}),
        ("rules", {"name": "r", "project": "a\x00b"}, {"project"}),
        ("silences", SILENCE, {"detail"}),
        ("sources", {"name": "s", "hook_keys": [{"env": "PATH"}]}, {"hook_keys[0]"}),
        ("projects", {"source": "nowhere", "slug": "s"}, {"source"}),
        ("rules", [1], {"detail"}),
    ],
)
def test_a_mistake_names_its_field(caller, path, data, fields):
    answer = caller.send("post", f"{path}/", data)
    assert (answer.status_code, set(answer.json())) == (400, fields)


def test_errors_follow_the_language_of_the_call(caller):
    answer = caller.send("post", "rules/", {"name": "r", "targets": ["x"]}, **{"Accept-Language": "zh-hans"})
    assert answer.json() == {"targets": ["没有名为 x 的推送目标"]}


def test_an_update_over_another_version_is_refused(caller):
    tag = caller.send("post", "rules/", {"name": "r"})["ETag"]
    changed = caller.send("patch", "rules/r/", {"repeat_minutes": 5}, **{"If-Match": tag})
    assert (changed.status_code, changed.json()["repeat_minutes"]) == (200, 5)
    assert changed["ETag"] != tag
    assert caller.send("put", "rules/r/", {}, **{"If-Match": tag}).status_code == 412
    assert caller.send("delete", "rules/r/", **{"If-Match": tag}).status_code == 412
    assert Rule.objects.get().repeat_minutes == 5


def test_a_changed_secret_is_another_version(caller):
    tag = caller.send("post", "targets/", TARGET)["ETag"]
    assert caller.send("patch", "targets/t/", {"secret": "other"})["ETag"] != tag


def test_put_replaces_and_patch_changes(caller):
    applied(FULL)
    patched = caller.send("patch", "targets/team/", {"title": "new"}).json()
    assert (patched["title"], patched["keyword"]) == ("new", "告警")
    put = caller.send("put", "targets/team/", {"kind": "feishu"}).json()
    assert (put["title"], put["keyword"], put["webhook_url"]) == ("", "", "••••")
    assert Target.objects.get(name="team").settings()["webhook_url"] == HOOK + "1"


def test_put_creates_what_is_not_there_and_patch_does_not(caller):
    assert caller.send("put", "rules/new one/", {"repeat_minutes": 3}).status_code == 201
    assert caller.send("patch", "rules/other/", {"repeat_minutes": 3}).status_code == 404
    assert caller.send("put", "rules/a/", {"name": "b"}).json().keys() == {"name"}


def test_listed_hook_keys_replace_the_others(caller):
    applied(FULL)
    caller.send("patch", "sources/acme/", {"hook_keys": ["k-2", "k-9"]})
    assert [key.key.open() for key in HookKey.objects.filter(retired_at=None)] == ["k-2", "k-9"]
    caller.send("patch", "sources/acme/", {"hook_keys": ["••••", "k-10"]})
    assert HookKey.objects.filter(retired_at=None).count() == 3


def test_what_is_used_is_not_deleted(caller):
    applied(FULL)
    answer = caller.send("delete", "targets/team/")
    assert answer.status_code == 409
    assert "team" in str(answer.json())
    assert caller.send("delete", "sources/acme/").status_code == 409
    assert caller.send("delete", "sources/hook/").status_code == 409
    assert caller.send("delete", "silences/deploy/").status_code == 204
    assert caller.send("get", "silences/deploy/").status_code == 404
    assert Source.objects.count() == 2


def test_a_new_rule_comes_last_and_a_changed_one_stays(caller):
    applied("version: 1\nrules: [{name: a}, {name: b}]")
    caller.send("post", "rules/", {"name": "c"})
    caller.send("patch", "rules/a/", {"repeat_minutes": 1})
    assert [rule["name"] for rule in caller.send("get", "rules/").json()["results"]] == ["a", "b", "c"]


def test_lists_have_pages(caller):
    applied("version: 1\nrules: [" + ", ".join(f"{{name: r{number}}}" for number in range(60)) + "]")
    first = caller.send("get", "rules/").json()
    assert (len(first["results"]), first["previous"]) == (50, None)
    second = caller.get(first["next"]).json()
    assert [rule["name"] for rule in second["results"]] == [f"r{number}" for number in range(50, 60)]
    assert second["next"] is None
    assert caller.send("get", "rules/?cursor=x").json().keys() == {"cursor"}
    assert caller.send("get", "rules/?nmae=x").status_code == 400


def test_settings_are_read_and_changed(caller):
    applied(FULL)
    assert caller.send("get", "settings/").json()["operations_target"] == "duty"
    changed = caller.send("patch", "settings/", {"operations_target": "team", "severity": {"warning": "info"}}).json()
    assert (changed["operations_target"], changed["severity"]["warning"]) == ("team", "info")
    assert changed["severity"]["critical"] == "critical"
    assert caller.send("patch", "settings/", {"severity": {"resolved": "info"}}).status_code == 400
    assert caller.send("patch", "settings/", {"rules": []}).json().keys() == {"rules"}


def test_a_viewer_changes_nothing():
    viewer = Caller(Role.VIEWER)
    applied(FULL)
    for method, path in (
        ("post", "rules/"),
        ("put", "rules/a/"),
        ("patch", "settings/"),
        ("delete", "silences/deploy/"),
    ):
        assert viewer.send(method, path, {"name": "a"}).status_code == 403
    assert Silence.objects.count() == 2


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"name": "r", "project": "\\ud800"}', b'{"name": "r", "repeat_minutes": NaN}', b"{", b"\xff"],
)
def test_hostile_json_is_refused(caller, body):
    answer = caller.generic("POST", "/api/v1/rules/", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("targets/?kind=flashduty", ["duty"]),
        ("targets/?enabled=false", ["duty"]),
        ("rules/?target=duty", ["production errors"]),
        ("rules/?enabled=true&source=nobody", []),
        ("silences/?state=weekly", ["nightly"]),
    ],
)
def test_lists_are_narrowed_by_what_is_asked(caller, question, names):
    applied(FULL)
    assert [item["name"] for item in caller.send("get", question).json()["results"]] == names


@pytest.mark.parametrize("question", ["targets/?enabled=perhaps", "silences/?state=x", "projects/?nmae=x"])
def test_a_filter_that_means_nothing_is_refused_by_name(caller, question):
    answer = caller.send("get", question)
    assert (answer.status_code, len(answer.json())) == (400, 1)


@pytest.mark.parametrize("name", ["a/test", "a/history", "a/waiting", "交易 组/test"])
def test_a_name_that_ends_like_an_address_is_read_changed_and_removed(caller, name):
    caller.send("post", "targets/", {**TARGET, "name": name})
    assert caller.send("get", f"targets/{name}/").json()["name"] == name
    assert caller.send("patch", f"targets/{name}/", {"title": "x"}).json()["title"] == "x"
    assert caller.send("delete", f"targets/{name}/").status_code == 204
    assert caller.send("get", f"targets/{name}/").status_code in (404, 405)


def test_beside_an_object_of_the_shorter_name_the_word_means_what_it_says(caller):
    for name in ("a", "a/test", "a/history"):
        caller.send("post", "targets/", {**TARGET, "name": name})
    assert caller.send("post", "targets/a/test/").json()["target"] == "a"
    assert isinstance(caller.send("get", "targets/a/history/").json(), list)
    assert caller.send("get", "targets/a/test/").json()["name"] == "a/test"


def test_a_project_may_be_called_history(caller):
    caller.send("post", "sources/", {"name": "acme"})
    caller.send("post", "projects/", {"source": "acme", "slug": "history"})
    assert caller.send("get", "projects/acme/history/").json()["slug"] == "history"
    assert len(caller.send("get", "projects/acme/history/history/").json()) == 1


def test_what_is_in_use_is_not_removed_and_the_answer_names_where(caller):
    applied(FULL)
    answer = caller.send("delete", "targets/team/")
    assert answer.status_code == 409
    assert answer.json()["rules(the rest).targets"] == ["names the target team: take it out here first"]


@pytest.mark.parametrize("path", ["targets/", "deliveries/", "jobs/"])
@pytest.mark.parametrize("query", ["page_size=0", "page_size=201", "page_size=x", "page_size=-1"])
def test_a_page_has_one_to_two_hundred_rows(caller, path, query):
    answer = caller.send("get", f"{path}?{query}")
    assert (answer.status_code, answer.json()) == (400, {"page_size": ["Use a number from 1 to 200."]})


@pytest.mark.parametrize("question", ["targets/?kind=feishu&kind=flashduty", "deliveries/?status=dead&status=expired"])
def test_a_filter_that_stands_twice_is_refused_by_name(caller, question):
    answer = caller.send("get", question)
    assert (answer.status_code, list(answer.json())) == (400, [question.partition("?")[2].partition("=")[0]])


def test_an_address_without_its_slash_is_told_what_is_missing(caller):
    answer = caller.send("get", "targets")
    assert (answer.status_code, "slash" in answer.json()["detail"]) == (404, True)


def test_a_filter_stays_on_the_next_page(caller):
    for number in range(3):
        assert caller.send("post", "targets/", {**TARGET, "name": f"t{number}"}).status_code == 201
    first = caller.send("get", "targets/?kind=feishu&page_size=2").json()
    assert "kind=feishu" in first["next"]
    assert [item["name"] for item in caller.get(first["next"]).json()["results"]] == ["t2"]


def test_settings_are_changed_only_from_the_version_that_was_read(caller):
    read = caller.send("get", "settings/")
    change = {"severity": {"warning": "info"}}
    assert caller.send("patch", "settings/", change, **{"If-Match": read["ETag"]}).status_code == 200
    assert caller.send("patch", "settings/", change, **{"If-Match": read["ETag"]}).status_code == 412
