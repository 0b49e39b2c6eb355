"""The page behind a message's mute link, as each role, and for links that lead nowhere."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from routing.models import AuditEntry, Inbound, Silence
from routing.services.silences.muting import mute_link
from tests.routing.admin.roles import ROLES, client_of
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def inbound() -> Inbound:
    make_source()
    make_rule("all", make_target())
    send(issue_id="42")
    return Inbound.objects.get()


def path_of(inbound: Inbound, age: timedelta = timedelta()) -> str:
    return urlsplit(mute_link(inbound.pk, timezone.now() - age)).path


@pytest.mark.parametrize("role", ROLES)
def test_the_link_asks_and_only_confirming_it_mutes(role, inbound):
    client, path = client_of(role), path_of(inbound)
    may = role != "viewer"
    assert client.get(path).status_code == (200 if may else 403)
    assert not Silence.objects.exists()
    answer = client.post(path, {"reason": "known, being repaired"})
    assert answer.status_code == (302 if may else 403)
    if not may:
        assert not Silence.objects.exists()
        assert "Your role may not mute" in answer.content.decode()
        return
    silence = Silence.objects.get()
    assert (silence.author.username, silence.reason) == (f"the-{role}", "known, being repaired")
    assert AuditEntry.objects.get(action="mute").actor == f"the-{role}"
    assert silence.history.get().history_user.username == f"the-{role}"


def test_who_is_not_logged_in_logs_in_and_comes_back_to_the_link(client, inbound):
    user = User.objects.create_user("op", password="a-long-password", is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    path = path_of(inbound)
    asked = client.post(path, {"reason": "x"})
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith("/admin/login/?next=/admin/routing/silence/mute/")
    assert not Silence.objects.exists()
    entered = client.post(asked.headers["Location"], {"username": "op", "password": "a-long-password"})
    assert entered.headers["Location"] == path
    assert client.get(path).status_code == 200


def test_the_page_says_what_will_be_quiet_and_for_how_long(inbound):
    page = client_of("operator").get(path_of(inbound)).content.decode()
    for told in ("OperationalError: timed out", " 42</bdi>", "A recovery still comes"):
        assert told in page


def test_what_is_muted_already_says_so_instead_of_asking(inbound):
    client, path = client_of("operator"), path_of(inbound)
    client.post(path)
    page = client.get(path).content.decode()
    assert "It is muted already" in page
    assert 'name="reason"' not in page
    assert client.post(path).status_code == 302
    assert Silence.objects.get().reason == "Muted from the message."


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_leads_nowhere_says_why_and_mutes_nothing(method, inbound):
    client = client_of("operator")
    gone = Inbound.objects.create(source_name="acme", alert={"issue_id": "1"})
    path_of_gone = path_of(gone)
    gone.delete()
    nameless = Inbound.objects.create(source_name="acme", alert={})
    cases = [
        (path_of(inbound)[:-2] + "/", 404, "was not made by this relay"),
        (path_of(inbound, timedelta(hours=12)), 410, "This link has expired"),
        (path_of_gone, 410, "no longer has this alert"),
        (path_of(nameless), 422, "cannot be told from others"),
    ]
    for path, status, words in cases:
        answer = getattr(client, method)(path)
        assert (answer.status_code, words in answer.content.decode()) == (status, True), words
    assert not Silence.objects.exists()


def test_an_expired_link_still_leads_to_the_alert(inbound):
    page = client_of("viewer").get(path_of(inbound, timedelta(days=2))).content.decode()
    assert f"/admin/routing/inbound/{inbound.pk}/change/" in page
