"""Rotating what a source is called with and signs with, over HTTP."""

import pytest

from routing.models import AuditEntry, ClientSecret, HookKey, Role
from tests.routing.api.calling import Caller
from tests.routing.calls import SECRET, make_source, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    make_source("acme")
    return Caller()


def test_a_client_secret_is_rotated_without_a_refused_call(caller):
    added = caller.send("post", "sources/acme/client-secrets/", {"secret": "s-new"})
    assert added.status_code == 201
    assert [send(secret=secret).status_code for secret in (SECRET, "s-new")] == [202, 202]
    old, new = caller.send("get", "sources/acme/client-secrets/").json()
    assert new["id"] == added.json()["id"]
    retired = caller.send("post", f"sources/acme/client-secrets/{old['id']}/retire/").json()
    assert retired["retired_at"]
    assert [send(secret=secret).status_code for secret in (SECRET, "s-new")] == [401, 202]
    assert [*AuditEntry.objects.order_by("id").values_list("action", "actor")] == [
        ("changed", "test-operator"),
        ("retired", "test-operator"),
    ]


def test_a_hook_key_is_rotated_and_its_url_told_once(caller):
    added = caller.send("post", "sources/acme/hook-keys/", {}).json()
    key = added["hook_url"].rstrip("/").rpartition("/")[2]
    assert send(key=key).status_code == 202
    old, new = caller.send("get", "sources/acme/hook-keys/").json()
    assert (new["id"], "hook_url" in new) == (added["id"], False)
    caller.send("post", f"sources/acme/hook-keys/{old['id']}/retire/")
    assert send().status_code == 404
    assert send(key=key).status_code == 202


def test_adding_the_same_again_adds_nothing(caller):
    for code in (201, 200):
        assert caller.send("post", "sources/acme/client-secrets/", {"secret": "s-new"}).status_code == code
        assert caller.send("post", "sources/acme/hook-keys/", {"key": "k-new"}).status_code == code
    assert (ClientSecret.objects.count(), HookKey.objects.count()) == (2, 2)


def test_a_retired_one_stays_as_it_was(caller):
    path = f"sources/acme/hook-keys/{HookKey.objects.get().pk}/retire/"
    first = caller.send("post", path).json()
    assert caller.send("post", path).json() == first
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "data", "field"),
    [
        ("hook-keys", {"key": "with/slash"}, "key"),
        ("hook-keys", {"key": "k-taken"}, "key"),
        ("client-secrets", {}, "secret"),
        ("client-secrets", {"secret": "two words"}, "secret"),
    ],
)
def test_what_cannot_be_used_is_named(caller, path, data, field):
    make_source("other", key="k-taken")
    answer = caller.send("post", f"sources/acme/{path}/", data)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_no_text_of_a_secret_is_ever_told(caller):
    told = caller.send("post", "sources/acme/client-secrets/", {"secret": "s-very-secret"}).content
    told += caller.send("get", "sources/acme/client-secrets/").content + caller.send("get", "audit/").content
    assert b"very-secret" not in told


def test_a_viewer_sees_and_changes_nothing(caller):
    viewer = Caller(Role.VIEWER)
    assert viewer.send("get", "sources/acme/hook-keys/").status_code == 200
    for path in ("hook-keys/", "client-secrets/", f"hook-keys/{HookKey.objects.get().pk}/retire/"):
        assert viewer.send("post", f"sources/acme/{path}", {"secret": "x"}).status_code == 403
    assert HookKey.objects.get().retired_at is None


def test_keys_of_another_source_are_not_found(caller):
    other = make_source("other", key="k-other")
    assert caller.send("post", f"sources/acme/hook-keys/{other.hook_keys.get().pk}/retire/").status_code == 404
    assert caller.send("get", "sources/nobody/hook-keys/").status_code == 404
    assert caller.send("post", "sources/nobody/hook-keys/", {}).status_code == 404
