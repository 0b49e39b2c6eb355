"""Lists as CSV files: the same rows, columns and names, safe to open, and bounded whatever their length."""

import csv
import tracemalloc
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from routing.admin import tables
from routing.models import AuditEntry, Delivery, Inbound
from tests.browser import scene
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db
LISTS = ("inbound", "delivery", "thread", "openthread", "attempt", "quarantinedcall", "auditentry", "bulkjob", "rulesversion")  # fmt: skip


@pytest.fixture
def viewer(client):
    user = User.objects.create_user("vera", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def read(response) -> list[list[str]]:
    assert response.status_code == 200
    body = b"".join(response.streaming_content).decode()
    assert body.startswith("\ufeff")
    return list(csv.reader(StringIO(body[1:], newline="")))


def many(count: int) -> None:
    Inbound.objects.bulk_create(
        Inbound(source_name="acme", status="unrouted", title=f"Boom {number}") for number in range(count)
    )


@pytest.mark.parametrize("name", LISTS)
def test_every_list_of_the_log_is_to_be_had_and_offers_it(viewer, name):
    scene.make()
    page = viewer.get(f"/admin/routing/{name}/")
    link = f"/admin/routing/{name}/table.csv?"
    assert link in page.content.decode()
    lines = read(viewer.get(link))
    assert len(lines) == 1 + page.context["cl"].result_count
    assert lines[0] == [str(column["text"])[:1].upper() + str(column["text"])[1:] for column in _headers(page)]


def _headers(page):
    from django.contrib.admin.templatetags.admin_list import result_headers

    return [header for header in result_headers(page.context["cl"]) if "action-toggle" not in str(header["text"])]


def test_it_holds_the_rows_of_the_filter_newest_first_with_its_columns_in_words(viewer):
    make_source()
    make_rule("all", make_target("team"))
    for number in range(3):
        send(issue_id=str(number), title=f"Boom {number}")
    Delivery.objects.filter(inbound__title="Boom 1").update(status="dead", finished_at=timezone.now(), due_at=None)
    header, *lines = read(viewer.get("/admin/routing/delivery/table.csv?status__exact=pending&o=1"))
    at = {name: place for place, name in enumerate(header)}
    assert [line[at["Title"]] for line in lines] == ["Boom 2", "Boom 0"]
    assert {line[at["Status"]] for line in lines} == {"waiting"}
    created = timezone.localtime(Delivery.objects.latest("id").created_at)
    assert lines[0][at["Created"]] == f"{created:%Y-%m-%d %H:%M:%S}"


def test_a_strangers_formula_and_markup_are_text(viewer):
    Inbound.objects.create(source_name="acme", status="unrouted", title='=HYPERLINK("http://evil","<b>x</b>")\n=2')
    (_header, line) = read(viewer.get("/admin/routing/inbound/table.csv"))
    assert '\'=HYPERLINK("http://evil","<b>x</b>")\n=2' in line


def test_it_is_in_the_language_of_the_page(viewer):
    many(1)
    header, line = read(viewer.get("/admin/routing/inbound/table.csv", headers={"accept-language": "zh-hans"}))
    assert "状态" in header
    assert any("无匹配路由" in text for text in line)


def test_it_is_a_file_that_nobody_keeps_named_after_list_moment_and_zone(viewer):
    response = viewer.get("/admin/routing/inbound/table.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response.headers["Cache-Control"]
    name = f"inbound-{timezone.localtime():%Y-%m-%d}"
    assert response.headers["Content-Disposition"].startswith(f'attachment; filename="{name}')
    assert response.headers["Content-Disposition"].endswith('+0800.csv"')


def test_a_filter_that_cannot_be_used_leads_back_to_the_list(viewer):
    assert viewer.get("/admin/routing/inbound/table.csv?nonsense=1").headers["Location"] == "/admin/routing/inbound/"


def test_who_may_not_see_a_list_gets_no_file(client):
    client.force_login(User.objects.create_user("new", is_staff=True))
    for name in LISTS:
        assert client.get(f"/admin/routing/{name}/table.csv").status_code == 403, name


def test_rows_that_come_meanwhile_are_not_mixed_in_and_none_is_told_twice(viewer, monkeypatch):
    monkeypatch.setattr(tables, "TOGETHER", 10)
    many(25)
    parts = iter(viewer.get("/admin/routing/inbound/table.csv").streaming_content)
    first = [next(parts), next(parts)]
    many(5)
    lines = list(csv.reader(StringIO(b"".join([*first, *parts]).decode()[1:], newline="")))[1:]
    numbers = [int(line[0].removeprefix("#")) for line in lines]
    assert len(set(numbers)) == len(numbers) == 25
    assert numbers == sorted(numbers, reverse=True)


def test_memory_and_queries_follow_the_part_and_not_the_list(viewer, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(tables, "TOGETHER", 50)
    many(1000)
    response = viewer.get("/admin/routing/inbound/table.csv")
    parts = iter(response.streaming_content)
    next(parts)
    next(parts)
    tracemalloc.start()
    try:
        with django_assert_num_queries(2 * 19 + 1):  # a part and its deliveries, and the empty one at the end
            longest = max(len(part) for part in parts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert longest < 20_000
    assert peak < 5_000_000


def test_secrets_and_details_stay_where_they_are(viewer):
    made = scene.make()
    AuditEntry.objects.create(actor="a", action="resend", detail={"token": "relay_secret"})
    for name in LISTS:
        body = b"".join(viewer.get(f"/admin/routing/{name}/table.csv").streaming_content).decode()
        assert "relay_secret" not in body
        assert str(made.bot.settings()["webhook_url"]) not in body
