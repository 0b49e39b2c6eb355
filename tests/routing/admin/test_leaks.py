"""The page for a key that has leaked: for administrators alone, ticking off what really is changed."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from routing.fields import Sealed
from routing.models import ApiToken, AuditEntry, ClientSecret, HookKey, Target
from routing.selectors.leaks import current_leak, holders
from routing.services.setup import leaks, tokens
from routing.services.setup import targets as settings_of
from routing.services.upkeep import rotating
from tests.routing.admin.roles import client_of
from tests.routing.calls import BOT, make_source, make_target

pytestmark = pytest.mark.django_db

PAGE = "/admin/key-leak/"


@pytest.fixture
def scene():
    """One of everything, made yesterday."""
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        make_source()
        make_target("team")
        make_target("duty", kind="flashduty")
        tokens.create(name="deploy", role="operator")
        User.objects.create_user("somebody", password="a-long-password")
        Target.objects.update(last_success_at=timezone.now())


@pytest.fixture
def boss(scene):
    client = client_of("administrator")
    User.objects.filter(username="the-administrator").update(password="pbkdf2_sha256$1$a$b")
    client.force_login(User.objects.get(username="the-administrator"))
    return client


def state() -> dict[str, bool]:
    return {f"{holder.kind} {holder.name}".strip(): holder.is_done for holder in holders(current_leak())}


def begin(client) -> None:
    now = timezone.localtime() - timedelta(minutes=1)
    client.post(f"{PAGE}begin/", {"since": f"{now:%Y-%m-%dT%H:%M}"})


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_administrators_see_it_and_act_on_it(role, scene):
    client = client_of(role)
    key, secret = HookKey.objects.get().pk, ClientSecret.objects.get().pk
    source, token = HookKey.objects.get().source_id, ApiToken.objects.get().pk
    paths = ["", "begin/", "end/", f"hook-key/{source}/", f"client-secret/{source}/", f"token/{token}/",
             f"finish/hook_key/{key}/", f"finish/client_secret/{secret}/", f"finish/token/{token}/", "finish/user/1/"]  # fmt: skip
    for path in paths:
        assert (client.get(PAGE + path).status_code, client.post(PAGE + path).status_code) == (403, 403), path
    assert PAGE not in client.get("/admin/").content.decode()
    assert not AuditEntry.objects.exists()


def test_looking_changes_nothing(boss):
    key, token = HookKey.objects.get(), ApiToken.objects.get()
    assert PAGE in boss.get("/admin/").content.decode()
    looks = {"": 200, "begin/": 405, "end/": 405, f"hook-key/{key.source_id}/": 405, f"token/{token.pk}/": 405,
             f"client-secret/{key.source_id}/": 405, f"finish/hook_key/{key.pk}/": 200, f"finish/token/{token.pk}/": 200,
             f"finish/client_secret/{ClientSecret.objects.get().pk}/": 200}  # fmt: skip
    for path, status in looks.items():
        assert boss.get(PAGE + path).status_code == status, path
    assert not AuditEntry.objects.exists()
    assert HookKey.objects.filter(retired_at=None).count() == 1


def test_from_the_beginning_on_everything_made_before_is_to_change(boss):
    assert all(state().values())
    begin(boss)
    assert not any(state().values())
    page = boss.get(PAGE).content.decode()
    assert f"0 of {len(state())} done." in page
    assert "s-acme" not in page
    assert BOT not in page
    boss.post(f"{PAGE}end/")
    assert current_leak() is None


@pytest.mark.parametrize("since", ["", "soon", "2999-01-01T00:00", "0001-01-01T00:00"])
def test_a_time_that_cannot_be_is_refused(boss, since):
    answer = boss.post(f"{PAGE}begin/", {"since": since}, follow=True)
    assert "it cannot be in the future" in answer.content.decode()
    assert current_leak() is None


def test_a_hook_url_is_changed_while_two_are_valid(boss):
    begin(boss)
    old = HookKey.objects.get()
    refused = boss.post(f"{PAGE}finish/hook_key/{old.pk}/", follow=True).content.decode()
    assert "the only valid one" in refused
    boss.post(f"{PAGE}hook-key/{old.source_id}/")
    assert HookKey.objects.filter(retired_at=None).count() == 2
    assert "old and new are valid" in boss.get(PAGE).content.decode()
    boss.post(f"{PAGE}finish/hook_key/{old.pk}/")
    assert state()["hook_key acme"]
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == ["leak_begun", "added", "retired"]


def test_a_client_secret_is_changed_while_two_are_valid(boss):
    begin(boss)
    old = ClientSecret.objects.get()
    boss.post(f"{PAGE}client-secret/{old.source_id}/", {"secret": "  "})
    assert ClientSecret.objects.count() == 1
    boss.post(f"{PAGE}client-secret/{old.source_id}/", {"secret": " new-secret "})
    assert ClientSecret.objects.order_by("-id")[0].secret.open() == "new-secret"
    boss.post(f"{PAGE}finish/client_secret/{old.pk}/")
    assert state()["client_secret acme"]


def test_a_token_gets_a_second_one_shown_once_and_the_old_one_is_revoked(boss):
    begin(boss)
    old = ApiToken.objects.get()
    shown = boss.post(f"{PAGE}token/{old.pk}/").content.decode()
    new = ApiToken.objects.exclude(pk=old.pk).get()
    assert (new.name, new.role) == ("deploy-2", "operator")
    text = shown.partition('id="token" class="long">')[2].partition("<")[0]
    assert tokens.find(text) == new
    assert text not in boss.get(PAGE).content.decode()
    boss.post(f"{PAGE}finish/token/{old.pk}/")
    assert list(ApiToken.objects.all()) == [new]
    assert state()["token"]


def test_a_target_is_done_when_every_credential_was_entered_anew(boss):
    begin(boss)
    target = Target.objects.get(name="team")
    settings_of.assign(target, {"webhook_url": BOT + "team"})
    target.save()
    assert not state()["feishu team"]
    settings_of.assign(target, {"webhook_url": BOT + "another"})
    target.save()
    assert state()["feishu team"]


def test_putting_secrets_under_another_key_makes_none_of_them_new(boss, settings):
    begin(boss)
    settings.FIELD_KEYS = ["W7VYz0r1lA9mUIJhJ0cVb6n6b3v0hYq2k6m1c0m0R0E=", *settings.FIELD_KEYS]
    assert rotating.rotate_keys().rotated["routing_target"] == 2
    assert not state()["feishu team"]
    assert not state()["field_keys FIELD_KEYS"]
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert state()["field_keys FIELD_KEYS"]
    assert Target.objects.get(name="team").settings()["webhook_url"] == BOT + "team"


def test_passwords_and_the_secret_key_are_done_when_they_are_others(boss, settings):
    begin(boss)
    somebody, me = User.objects.get(username="somebody"), User.objects.get(username="the-administrator")
    assert boss.post(f"{PAGE}finish/user/{me.pk}/").status_code == 403
    boss.post(f"{PAGE}finish/user/{somebody.pk}/")
    somebody.refresh_from_db()
    assert not somebody.has_usable_password()
    assert AuditEntry.objects.get(action="password_ended").object_name == "somebody"
    assert not state()["user"]
    me.set_password("another-long-password")
    me.save()
    assert state()["user"]
    settings.SECRET_KEY = "another" * 10
    assert state()["secret_key SECRET_KEY"]


def test_what_is_noted_tells_neither_password_nor_key(boss, settings):
    begin(boss)
    noted = str(AuditEntry.objects.get(action="leak_begun").detail)
    for secret in (settings.SECRET_KEY, settings.FIELD_KEYS[0], User.objects.get(username="somebody").password):
        assert secret not in noted


def test_a_sealed_text_knows_when_it_was_entered():
    now = timezone.now()
    sealed = Sealed.seal("x")
    assert abs(sealed.sealed_at - now) < timedelta(seconds=5)
    assert sealed.rotated().sealed_at == sealed.sealed_at
    assert Sealed("v1:nonsense").sealed_at.year == 1970


def test_a_secret_that_is_the_last_one_stays(scene):
    with pytest.raises(leaks.LastOne):
        leaks.retire(ClientSecret.objects.get(), actor="me")


@pytest.mark.parametrize(
    ("language", "words"), [("en", ["Webhook address", "Push address"]), ("zh-hans", ["Webhook 地址", "推送地址"])]
)
def test_credentials_are_called_what_the_form_calls_them(language, words, boss):
    page = boss.get(PAGE, headers={"accept-language": language}).content.decode()
    assert [word for word in words if f"<bdi>{word}</bdi>" not in page] == []
    assert "<bdi>webhook_url</bdi>" not in page
