"""Plain SQL: values as the database takes them, and rows with the model's defaults."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection

from routing.models import Attempt, Delivery, Inbound
from routing.statements import aware, carry_out, ids_of, insertions, json_text, moment, new_ids, update

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 4, 23, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize("at", [AT, AT.replace(microsecond=0), datetime.min.replace(tzinfo=UTC)])
def test_a_moment_is_stored_as_django_stores_it(at):
    assert str(moment(at)) == str(connection.ops.adapt_datetimefield_value(at))
    assert moment(None) is None


def test_a_moment_comes_back_as_it_was():
    row = Inbound.objects.create(source_name="s", received_at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT received_at FROM routing_inbound WHERE id = %s", [row.pk])
        assert aware(cursor.fetchone()[0]) == AT
    assert aware(None) is None


def test_json_holds_no_character_that_a_database_refuses():
    assert json_text({"a": "x\0y"}) == '{"a":"x\\ufffdy"}'
    assert json_text(None) is None


def test_rows_take_what_is_given_and_the_models_defaults_for_the_rest():
    with connection.cursor() as cursor:
        rows = [{"source_name": "s", "received_at": AT, "decision": {"a": [1]}, "title": title} for title in "ab"]
        carry_out(cursor, insertions(Inbound, rows))
    first, second = Inbound.objects.order_by("id")
    assert (first.title, second.title) == ("a", "b")
    assert (first.received_at, first.decision, first.flags, first.status) == (AT, {"a": [1]}, [], "received")


def test_a_moment_that_must_be_given_is_asked_for():
    with pytest.raises(ValueError, match=r"Delivery\.created_at must be given"):
        insertions(Delivery, [{"target_name": "t"}])
    assert insertions(Attempt, []) == []


def test_new_ids_are_never_those_of_rows_even_of_deleted_ones():
    last = Inbound.objects.create(source_name="s")
    highest = last.pk
    last.delete()
    with connection.cursor() as cursor:
        question = new_ids("routing_inbound", 2)
        cursor.execute(question.sql, question.params)
        ids = ids_of(cursor.fetchall())
    assert highest < next(ids) < next(ids)


def test_an_update_changes_one_row():
    first, second = (Inbound.objects.create(source_name="s") for _ in range(2))
    with connection.cursor() as cursor:
        carry_out(cursor, [update("routing_inbound", first.pk, {"title": "changed"})])
    assert list(Inbound.objects.order_by("id").values_list("title", flat=True)) == ["changed", ""]
    assert second.pk > first.pk
