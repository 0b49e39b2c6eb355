"""Single sign-on against real providers on loopback: a relay in processes of its own, redirects, cookies, signatures."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured

from relay_site import single_sign_on
from routing.policy.roles import role_of, values_of
from tests.relaying import Relay, own_database
from tests.site.providers import CLIENT, SECRET, House, Page, Surfer, _key, open_house


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


@pytest.fixture(scope="module")
def relay(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay that knows this provider by three names; its log is ours to read."""
    with own_database() as url:
        relay = Relay(tmp_path_factory.mktemp("sso"), url)
        relay.environment |= {
            "SSO_OIDC_URL": house.url, "SSO_OIDC_CLIENT_ID": CLIENT, "SSO_OIDC_CLIENT_SECRET": SECRET,
            "SSO_OIDC_NAME": "Keycloak",
            "SSO_FEISHU_APP_ID": CLIENT, "SSO_FEISHU_APP_SECRET": SECRET, "SSO_FEISHU_URLS": f"{house.url},{house.url}",
            "SSO_LARK_APP_ID": CLIENT, "SSO_LARK_APP_SECRET": SECRET, "SSO_LARK_URLS": f"{house.url},{house.url}",
            "SSO_VIEWER_GROUPS": "staff", "SSO_OPERATOR_GROUPS": "sre,ou_kim", "SSO_ADMINISTRATOR_GROUPS": "platform",
        }  # fmt: skip
        relay.environment.pop("EGRESS_PROXY", None)
        _lay_out(relay)
        try:
            relay.start()
            yield relay
        finally:
            relay.destroy()


def _lay_out(relay: Relay) -> None:
    """Static files under their own names, as if they had been collected: the pages are looked at, not their looks."""
    names = [path for finder in get_finders() for path, _storage in finder.list([])]
    manifest = {"version": "1.1", "paths": {name: name for name in names}, "hash": ""}
    (relay.folder / "static" / "staticfiles.json").write_text(json.dumps(manifest))


@pytest.fixture(autouse=True)
def as_it_was(request: pytest.FixtureRequest) -> None:
    """The provider makes no mistakes unless a test wants them."""
    if "house" in request.fixturenames:
        house: House = request.getfixturevalue("house")
        house.key, house.audience, house.told_by_userinfo = house.published, CLIENT, {}


def sign_in(relay: Relay, provider: str = "oidc", surfer: Surfer | None = None) -> Page:
    return (surfer or Surfer()).go(f"http://127.0.0.1:{relay.port}/sso/{provider}/")


def people(relay: Relay) -> dict[str, Any]:
    """Name -> (is staff, has a usable password, groups) of every account."""
    code = (
        "import json; from django.contrib.auth.models import User; print(json.dumps({u.username: [u.is_staff, "
        "u.has_usable_password(), sorted(u.groups.values_list('name', flat=True))] for u in User.objects.all()}))"
    )
    found: dict[str, Any] = json.loads(relay.manage("shell", "--no-imports", "-c", code).splitlines()[-1])
    return found


@pytest.mark.parametrize(("language", "words"), [("en", "Sign in with Keycloak"), ("zh-hans", "使用 Keycloak 登录")])
def test_the_login_page_has_a_way_in_for_each_provider(relay, language, words):
    page = Surfer(language).go(f"http://127.0.0.1:{relay.port}/admin/routing/rule/")
    assert words in page.text
    assert 'href="/sso/feishu/?next=%2Fadmin%2Frouting%2Frule%2F"' in page.text
    assert 'href="/sso/lark/' in page.text
    assert 'name="password"' in page.text
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "unsafe-inline" not in page.headers["content-security-policy"]


def test_groups_give_the_role_at_every_login(relay, house):
    surfer = Surfer()
    house.person = {"sub": "kim-1", "preferred_username": "kim", "groups": ["staff", "sre"], "email": "kim@example.com"}
    page = sign_in(relay, surfer=surfer)
    assert (page.status, page.url.endswith("/admin/")) == (200, True)
    assert surfer.go(f"http://127.0.0.1:{relay.port}/admin/routing/rule/add/").status == 200
    house.person["groups"] = ["staff"]
    assert sign_in(relay).status == 200
    assert surfer.go(f"http://127.0.0.1:{relay.port}/admin/routing/rule/add/").status == 403, (
        "the old session has it too"
    )
    house.person["groups"] = ["platform"]
    assert sign_in(relay).status == 200
    assert people(relay)["kim"] == [True, False, ["administrator"]]
    house.person["groups"] = ["sales"]
    assert "None of your groups has a role here" in sign_in(relay).text
    assert people(relay)["kim"] == [False, False, []]


def test_nobody_comes_in_without_a_group_and_no_account_is_made(relay, house):
    house.person = {"sub": "stranger", "preferred_username": "stranger"}
    page = sign_in(relay)
    assert (page.status, "No group of yours was told" in page.text) == (403, True)
    assert "stranger" not in people(relay)


def test_an_account_that_is_there_is_never_taken_over(relay, house):
    code = (
        "from django.contrib.auth.models import User; "
        "User.objects.create_superuser('root', 'root@example.com', 'a-long-password')"
    )
    relay.manage("shell", "--no-imports", "-c", code)
    house.person = {"sub": "x", "preferred_username": "root", "email": "root@example.com", "groups": ["staff"]}
    assert sign_in(relay).status == 200
    found = people(relay)
    assert (found["root"], found["root-2"]) == ([True, True, []], [True, False, ["viewer"]])
    surfer = Surfer()
    login = f"http://127.0.0.1:{relay.port}/admin/login/"
    surfer.go(login)
    surfer.go(login, {"username": "root", "password": "a-long-password", "next": "/admin/"})
    assert surfer.go(f"http://127.0.0.1:{relay.port}/admin/auth/user/").status == 200
    surfer.go(f"http://127.0.0.1:{relay.port}/admin/logout/", {})
    assert "login" in surfer.go(f"http://127.0.0.1:{relay.port}/admin/auth/user/").url


@pytest.mark.parametrize("mistake", ["another key", "for another client", "about somebody else"])
def test_a_word_that_does_not_hold_is_refused(relay, house, mistake):
    house.person = {"sub": "eve", "preferred_username": "eve", "groups": ["platform"]}
    if mistake == "another key":
        house.key = _key()
    elif mistake == "for another client":
        house.audience = "another"
    else:
        house.told_by_userinfo = {"sub": "kim-1"}
    page = sign_in(relay)
    assert (page.status, "did not confirm who you are" in page.text) == (403, True)
    assert "eve" not in people(relay)


def test_a_callback_that_nobody_asked_for_is_refused(relay):
    page = Surfer().go(f"http://127.0.0.1:{relay.port}/sso/oidc/callback/?code=x&state=y")
    assert (page.status, "did not confirm who you are" in page.text) == (403, True)


@pytest.mark.parametrize("provider", ["feishu", "lark"])
def test_people_of_feishu_and_lark_have_the_role_of_their_id(relay, house, provider):
    house.person = {"open_id": "ou_kim", "union_id": "on_1", "name": "金 小明", "tenant_key": "t1"}
    surfer = Surfer()
    assert sign_in(relay, provider, surfer).status == 200
    assert surfer.go(f"http://127.0.0.1:{relay.port}/admin/routing/rule/add/").status == 200
    house.person = {"open_id": "ou_other", "name": "Other", "tenant_key": "t1"}
    assert sign_in(relay, provider).status == 403


def test_one_is_only_led_to_our_own_pages(relay, house):
    house.person = {"sub": "kim-9", "preferred_username": "nine", "groups": ["staff"]}
    address = f"http://127.0.0.1:{relay.port}/sso/oidc/"
    assert Surfer().go(f"{address}?next=/admin/routing/rule/").url.endswith("/admin/routing/rule/")
    assert Surfer().go(f"{address}?next=https://evil.example/").url.endswith("/admin/")
    assert Surfer().go(f"{address}?process=connect").url.endswith("/admin/")


@pytest.mark.parametrize(
    "path",
    ["accounts/signup/", "sso/signup/", "accounts/password/reset/", "accounts/email/", "sso/github/", "3rdparty/"],
)
def test_no_other_page_of_the_library_is_there(relay, path):
    assert Surfer().go(f"http://127.0.0.1:{relay.port}/{path}").status == 404


def test_what_is_said_in_the_log_holds_no_secret(relay):
    said = relay.said()
    assert "single sign-on" in said
    assert SECRET not in said
    assert "access-1" not in said


def test_the_deployment_check_is_clean(relay):
    secure = {
        **relay.environment,
        "PUBLIC_URL": "https://relay.example.com",
        "SECRET_KEY": "".join(map(chr, range(48, 122))),
    }
    before, relay.environment = relay.environment, secure
    try:
        relay.manage("check", "--deploy", "--fail-level", "WARNING")
    finally:
        relay.environment = before


# ---- without it, and half of it


def test_without_a_provider_nothing_of_it_is_there(client, db):
    assert not any("allauth" in app for app in site.INSTALLED_APPS)
    assert client.get("/sso/oidc/").status_code == 404
    assert b"/sso/" not in client.get("/admin/login/").content


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SSO_OIDC_CLIENT_ID": "x"}, "SSO_OIDC_URL"),
        ({"SSO_OIDC_CLIENT_ID": "x", "SSO_OIDC_URL": "https://id.example.com"}, "secret is missing"),
        ({"SSO_FEISHU_APP_ID": "x", "SSO_FEISHU_APP_SECRET": "y", "SSO_FEISHU_URLS": "https://a"}, "two addresses"),
    ],
)
def test_a_provider_that_is_named_by_half_says_what_it_lacks(monkeypatch, environment, words):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=words):
        single_sign_on.providers()


def test_a_default_role_is_one_of_three(monkeypatch):
    monkeypatch.setenv("SSO_DEFAULT_ROLE", "root")
    with pytest.raises(ImproperlyConfigured, match="viewer, operator, administrator"):
        single_sign_on.default_role()


def test_passwords_can_be_switched_off(client, db, settings, django_user_model):
    settings.PASSWORD_LOGIN = False
    django_user_model.objects.create_superuser("root", password="a-long-password")
    assert b'name="password"' not in client.get("/admin/login/").content
    answer = client.post(
        "/admin/login/", {"username": "root", "password": "a-long-password"}, headers={"accept-language": "en"}
    )
    assert b"switched off" in answer.content
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("groups", "default", "role"),
    [
        (["a"], "", "viewer"),
        (["a", "c"], "", "administrator"),
        (["b", "a"], "viewer", "operator"),
        (["x"], "viewer", "viewer"),
        ([], "", ""),
    ],
)
def test_the_highest_role_counts(groups, default, role):
    assert role_of(groups, {"viewer": ["a"], "operator": ["b"], "administrator": ["c"]}, default) == role


def test_groups_are_texts_under_the_named_claims():
    told = {"groups": ["a", 1, None, ""], "roles": "b", "other": "c", "x": {"y": 1}}
    assert values_of(["groups", "roles", "x", "missing"], told) == ["a", "b"]
