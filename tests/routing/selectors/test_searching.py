"""The search box finds what was pasted, by an index where there is one, and titles among the newest webhooks."""

import pytest
from django.utils import timezone

from routing.models import Delivery, Inbound, Target, Thread
from routing.selectors import searching
from routing.selectors.searching import found_by, search, threads_about

pytestmark = pytest.mark.django_db

KEY, EVENT, REQUEST = "a" * 40, "b" * 32, "c" * 32


@pytest.fixture
def inbound() -> Inbound:
    Inbound.objects.create(source_name="acme", title="something else", issue_id="7", alert_key="d" * 40)
    return Inbound.objects.create(
        source_name="acme", title="KeyError: 库存 basket", issue_id="4510", short_id="WEB-1A", event_id=EVENT,
        request_id=REQUEST, alert_key=KEY,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "4510", "#4510", "WEB-1A", " keyerror ", "库存", EVENT, REQUEST, KEY,
        "https://acme.sentry.io/issues/4510/?project=1",
        f"https://acme.sentry.io/organizations/acme/issues/4510/events/{EVENT}/",
    ],
)  # fmt: skip
def test_whatever_was_pasted_finds_the_webhook(inbound: Inbound, text: str) -> None:
    assert list(search(Inbound.objects.all(), text)) == [inbound]


def test_our_own_number_and_link_find_the_webhook(inbound: Inbound) -> None:
    for text in (f"#{inbound.pk}", f"https://relay.example.com/admin/routing/inbound/{inbound.pk}/change/"):
        assert inbound.pk in found_by(text)


@pytest.mark.parametrize("text", ["9999", "nothing", "e" * 32, "https://acme.sentry.io/", "WEB-2B", "9" * 30])
def test_what_is_not_there_is_not_found(inbound: Inbound, text: str) -> None:
    assert found_by(text) == []


def test_an_empty_text_finds_everything(inbound: Inbound) -> None:
    assert search(Inbound.objects.all(), "  ").count() == 2


def test_old_titles_are_found_when_the_whole_log_is_asked(inbound: Inbound, monkeypatch) -> None:
    monkeypatch.setattr(searching, "NEWEST", 1)
    Inbound.objects.create(source_name="acme", title="the newest")
    assert found_by("basket") == []
    assert found_by("basket", everywhere=True) == [inbound.pk]
    assert found_by("WEB-1A") == [inbound.pk]


def test_the_choice_stands_among_the_filters(inbound: Inbound, admin_client, monkeypatch) -> None:
    monkeypatch.setattr(searching, "NEWEST", 1)
    Inbound.objects.create(source_name="acme", title="the newest")
    for name in ("inbound", "delivery"):
        assert admin_client.get(f"/admin/routing/{name}/?q=basket").status_code == 200
    assert "KeyError" not in admin_client.get("/admin/routing/inbound/?q=basket").text
    assert "KeyError" in admin_client.get("/admin/routing/inbound/?q=basket&titles=all").text


def test_timelines_and_deliveries_are_found_by_what_their_webhooks_are_found_by(inbound: Inbound) -> None:
    target = Target.objects.create(name="team", kind="feishu")
    thread = Thread.objects.create(target=target, alert_key=KEY, title="KeyError")
    Thread.objects.create(target=target, alert_key="f" * 40)
    sent = Delivery.objects.create(
        inbound=inbound, target=target, target_name="team", kind="feishu", status="delivered", severity="warning",
        finished_at=timezone.now(),
    )  # fmt: skip
    for text in ("4510", KEY, "basket", EVENT):
        assert list(threads_about(Thread.objects.all(), text)) == [thread]
        assert list(search(Delivery.objects.all(), text, column="inbound_id")) == [sent]
