"""The list of refused calls."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from routing.fields import Sealed
from routing.models import QuarantinedCall
from routing.services.ingest import bodies
from tests.routing.calls import BOT, make_source

pytestmark = pytest.mark.django_db
LIST = "/admin/routing/quarantinedcall/"


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("admin"))
    return client


def refused(address: str) -> None:
    QuarantinedCall.objects.create(
        source=make_source(), reason="unknown_target", data=bodies.pack({}, b"{}"), size=2, address=address
    )


def test_an_unknown_bot_is_known_by_the_end_of_its_url_which_is_not_shown(page: Client) -> None:
    refused(Sealed.seal(f"{BOT}0123456789-team").token)
    text = page.get(LIST).content.decode()
    assert "open.feishu.cn/…team" in text
    assert "0123456789" not in text


def test_one_whose_key_is_gone_is_listed_all_the_same(page: Client) -> None:
    refused("sealed under another key")
    assert '<td class="field-bot">?</td>' in page.get(LIST).content.decode()
