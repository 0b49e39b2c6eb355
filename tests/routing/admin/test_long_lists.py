"""Long lists: nothing is counted to the end, and what is not counted is not claimed."""

import pytest
from django.contrib.auth.models import User

from routing.admin import reading
from routing.models import Inbound

pytestmark = pytest.mark.django_db
LIST = "/admin/routing/inbound/"


@pytest.fixture
def reader(client, monkeypatch):
    """Somebody who may do everything, where a list counts 100 rows further and can be paged through for 300."""
    monkeypatch.setattr(reading, "COUNTED", 100)
    monkeypatch.setattr(reading, "DEEPEST", 300)
    client.force_login(User.objects.create_superuser("admin"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def fill(count: int) -> None:
    Inbound.objects.bulk_create(
        Inbound(source_name="acme", status="unrouted", title=f"Boom {number}") for number in range(count)
    )


@pytest.mark.parametrize(
    ("rows", "page", "said", "last_page"),
    [
        (60, 1, "60 received webhooks", 2),
        (99, 2, "99 received webhooks", 2),
        (400, 1, "100+ received webhooks", 2),
        (400, 2, "200+ received webhooks", 4),
        (400, 6, "300+ received webhooks", 6),
        (160, 2, "160 received webhooks", 4),
    ],
)
def test_a_list_counts_somewhat_further_than_its_page_and_says_when_there_may_be_more(
    reader, rows, page, said, last_page
):
    fill(rows)
    shown = reader.get(LIST, {"p": page})
    text = " ".join(shown.content.decode().split())
    assert f"{said} (" in text  # beside the search box
    assert f"{said} <" in text  # below the list
    assert shown.context["cl"].paginator.num_pages == last_page


@pytest.mark.parametrize("page", ["0", "x", "9" * 30, "-1", "٣"])
def test_a_page_that_is_none_leads_back_to_the_list(reader, page):
    fill(3)
    assert reader.get(LIST, {"p": page}, follow=True).status_code == 200


@pytest.mark.parametrize(
    ("rows", "offered", "not_offered"),
    [(60, "Select all 60 received webhooks", "whole list"), (400, "Select the whole list", "Select all ")],
)
def test_what_may_be_selected_is_not_given_a_number_that_was_not_counted(reader, rows, offered, not_offered):
    fill(rows)
    text = reader.get(LIST).content.decode()
    assert offered in text
    assert not_offered not in text.replace("Select all objects on this page", "")


def test_the_boxes_of_a_list_are_those_that_actions_read(reader):
    fill(2)
    Inbound.objects.update(title='<b title="x">{0}')
    text = reader.get(LIST).content.decode()
    last = Inbound.objects.first()
    label = f"Select this object for an action - #{last.pk} &lt;b title=&quot;x&quot;&gt;{{0}}"
    assert f'name="_selected_action" value="{last.pk}" class="action-select" aria-label="{label}"' in text
