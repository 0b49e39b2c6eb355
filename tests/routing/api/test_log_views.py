"""The log over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.api import throttling
from routing.models import ApiToken, AuditEntry, Delivery, Role, Thread
from tests.routing.api.calling import Caller
from tests.routing.api.rows import AT, delivery, inbound

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_an_inbound_is_shown_with_alert_deliveries_and_attempts(caller):
    row = inbound()
    sent = delivery(row)
    found = caller.send("get", f"inbounds/{row.pk}/").json()
    assert (found["id"], found["source"], found["project"], found["status"]) == (row.pk, "acme", "web", "routed")
    assert found["received_at"].startswith("2026-11-20T16:01:00")
    assert found["received_at"].endswith("+08:00")
    assert found["alert"]["tags"] == {"browser": "Chrome", "user": "a, b"}
    assert found["alert"]["level"] is None
    assert found["alert"]["culprit"] == ""
    (shown,) = found["deliveries"]
    assert (shown["id"], shown["inbound"], shown["target"], shown["rules"]) == (sent.pk, row.pk, "team", ["production"])
    assert [attempt["outcome"] for attempt in shown["attempts"]] == ["retry", "sent"]


def test_lists_are_newest_first_and_cut_into_pages_of_fifty(caller):
    rows = [inbound(number) for number in range(60)]
    first = caller.send("get", "inbounds/").json()
    assert [found["id"] for found in first["results"]] == [row.pk for row in reversed(rows)][:50]
    assert first["previous"] is None
    second = caller.get(first["next"]).json()
    assert [found["id"] for found in second["results"]] == [row.pk for row in reversed(rows)][50:]


@pytest.mark.parametrize("path", ["inbounds/", "deliveries/", "threads/"])
@pytest.mark.parametrize("state", [{}, {"status": "pending", "due_at": AT, "finished_at": None}])
def test_the_number_of_queries_does_not_grow_with_the_page(caller, path, state):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert caller.send("get", path).status_code == 200
        return len(captured)

    delivery(inbound(0), **state)
    queries()
    few = queries()
    for number in range(1, 10):
        delivery(inbound(number), **state)
    assert queries() == few <= 6


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=dead", [2]),
        ("status=dead,delivered", [2, 1]),
        ("reason=bad_signature", [2]),
        ("source=acme", [2, 1]),
        ("source=other", []),
        ("project=web", [1]),
        ("target=team", [1]),
        ("kind=flashduty", [2]),
        ("resource=metric_alert", [2]),
        ("alert_key=k1", [1]),
        ("since=2026-11-20T16:02:00%2B08:00", [2]),
        ("since=2026-11-20T16:02:00+08:00", [2]),
        ("until=2026-11-20T08:02:00Z", [1]),
        ("since=2026-11-21", []),
    ],
)
def test_filters_of_deliveries(caller, query, expected):
    delivery(inbound(1))
    other = inbound(2, resource="metric_alert")
    delivery(other, status="dead", reason="bad_signature", project_slug="api", target_name="duty", kind="flashduty")
    found = caller.get(f"/api/v1/deliveries/?{query}").json()["results"]
    assert [int(row["alert_key"][1:]) for row in found] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("status=ignored", [2]), ("reason=matched", [1]), ("target=team", [1]), ("kind=feishu", [1]), ("target=duty", [])],
)
def test_filters_of_inbounds(caller, query, expected):
    delivery(inbound(1))
    inbound(2, status="ignored", reason="ignored_action")
    found = caller.get(f"/api/v1/inbounds/?{query}").json()["results"]
    assert [int(row["alert"]["alert_key"][1:]) for row in found] == expected


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("deliveries", "status=gone", "status"),
        ("deliveries", "kind=pager", "kind"),
        ("deliveries", "reason=because", "reason"),
        ("deliveries", "inbound=x", "inbound"),
        ("deliveries", "inbound=99999999999999999999", "inbound"),
        ("deliveries", "since=yesterday", "since"),
        ("deliveries", "until=2026-13-01T00:00:00Z", "until"),
        ("deliveries", "statsu=dead", "statsu"),
        ("deliveries", "project=%00", "project"),
        ("inbounds", "status=dead", "status"),
        ("threads", "open=maybe", "open"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_name(caller, path, query, field):
    answer = caller.get(f"/api/v1/{path}/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_resending_makes_a_new_delivery(caller):
    sent = delivery(inbound())
    answer = caller.send("post", f"deliveries/{sent.pk}/resend/")
    assert answer.status_code == 202
    assert (answer.json()["resend_of"], answer.json()["status"]) == (sent.pk, "pending")
    assert AuditEntry.objects.get(action="resend").actor == "test-operator"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"status": "pending", "finished_at": None}, "has not ended yet"),
        ({"status": "dead", "target": None, "thread": None}, "was deleted"),
    ],
)
def test_what_cannot_be_resent_is_refused_as_a_conflict_that_says_why(caller, columns, told):
    row = delivery(inbound(), **columns)
    answer = caller.send("post", f"deliveries/{row.pk}/resend/")
    assert (answer.status_code, told in answer.json()["detail"]) == (409, True)
    assert Delivery.objects.count() == 1
    many = caller.send("post", "deliveries/resend/", {"ids": [row.pk]})
    assert (many.status_code, many.json()["ids"]) == (202, [])


def test_many_are_resent_at_once(caller):
    sent = [delivery(inbound(number)).pk for number in range(3)]
    answer = caller.send("post", "deliveries/resend/", {"ids": sent})
    assert answer.status_code == 202
    assert len(answer.json()["ids"]) == 3
    assert caller.send("post", "deliveries/resend/", {"ids": []}).json().keys() == {"ids"}
    assert caller.send("post", "deliveries/resend/", {"ids": []}).status_code == 400


def test_cancelling_ends_what_waits_and_frees_the_next(caller):
    row = inbound()
    first = delivery(row, status="pending", finished_at=None, due_at=row.received_at)
    second = delivery(row, status="pending", finished_at=None)
    answer = caller.send("post", f"deliveries/{first.pk}/cancel/")
    assert (answer.status_code, answer.json()["reason"]) == (200, "cancelled_by_operator")
    second.refresh_from_db()
    assert second.due_at is not None
    assert caller.send("post", f"deliveries/{first.pk}/cancel/").status_code == 409


def test_a_thread_is_closed_by_hand_once(caller):
    delivery(inbound())
    thread = Thread.objects.get()
    assert caller.send("get", "threads/?open=true").json()["results"][0]["target"] == "team"
    assert caller.send("post", f"threads/{thread.pk}/close/").json()["open"] is False
    assert caller.send("post", f"threads/{thread.pk}/close/").status_code == 409
    assert AuditEntry.objects.filter(action="close_thread").count() == 1


def test_closing_a_thread_with_a_recovery_names_the_delivery_that_tells_it(caller):
    delivery(inbound())
    thread = Thread.objects.get()
    answer = caller.send("post", f"threads/{thread.pk}/close/", {"tell": True, "note": "fixed by hand"}).json()
    told = caller.send("get", f"deliveries/{answer['recovery']}/").json()
    assert (answer["open"], told["sentry_status"], told["severity"]) == (False, "resolved", "ok")
    assert AuditEntry.objects.get(action="close_thread").detail == {"told": told["id"], "note": "fixed by hand"}


def test_many_threads_are_closed_at_once_and_the_answer_names_those_that_were_open(caller):
    for number in (1, 2, 3):
        delivery(inbound(number))
    first, second, third = Thread.objects.order_by("pk").values_list("pk", flat=True)
    Thread.objects.filter(pk=second).update(is_open=False)
    answer = caller.send("post", "threads/close/", {"ids": [third, second, first], "tell": False})
    assert answer.json() == [{"thread": first, "recovery": None}, {"thread": third, "recovery": None}]
    assert caller.send("post", "threads/close/", {"ids": [first]}).json() == []
    assert caller.send("post", "threads/close/", {"ids": []}).json() == []
    assert caller.send("post", "threads/close/", {}).json().keys() == {"ids"}
    assert Delivery.objects.count() == 3


def test_a_viewer_reads_and_writes_nothing():
    viewer = Caller(Role.VIEWER)
    sent = delivery(inbound())
    thread = Thread.objects.get().pk
    for path in (f"threads/{thread}/close/", "threads/close/"):
        assert viewer.send("post", path, {"ids": [thread]}).status_code == 403
    assert viewer.send("get", f"deliveries/{sent.pk}/").status_code == 200
    for path in (f"deliveries/{sent.pk}/resend/", "deliveries/resend/", f"deliveries/{sent.pk}/cancel/"):
        assert viewer.send("post", path, {"ids": [sent.pk]}).status_code == 403
    assert Delivery.objects.count() == 1


def test_nothing_is_told_without_a_valid_token(client):
    assert client.get("/api/v1/inbounds/").status_code == 401
    wrong = client.get("/api/v1/inbounds/", headers={"Authorization": "Bearer relay_x"})
    assert (wrong.status_code, wrong["WWW-Authenticate"]) == (401, 'Bearer realm="Alert Relay"')


def test_one_token_may_call_two_hundred_times_a_second_and_not_without_end(caller):
    codes = [caller.send("get", "threads/").status_code for _ in range(200)]
    assert set(codes) == {200}
    token = ApiToken.objects.get()
    calls = throttling.TokenThrottle._calls[token.pk]
    calls.extend([throttling.monotonic()] * throttling.PER_SECOND)
    refused = caller.send("get", "threads/")
    calls.clear()
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")


def test_a_cursor_that_is_none_is_named(caller):
    assert caller.send("get", "deliveries/?cursor=nonsense!").json().keys() == {"cursor"}


def test_an_id_larger_than_any_is_no_fault_of_ours(caller):
    assert caller.send("post", "deliveries/resend/", {"ids": [2**70]}).status_code == 400
