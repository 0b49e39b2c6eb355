"""Acts on many over HTTP: planned, begun once, followed, stopped; and whom a filter means."""

import pytest
from django.utils import timezone

from routing.models import AuditEntry, BulkItem, BulkJob, Delivery, Inbound, Role, Target
from routing.services.bulk import jobs
from tests.routing.api.calling import Caller
from tests.routing.calls import make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db
DEAD = {"act": "resend", "filter": {"status": "dead,expired"}}


@pytest.fixture
def caller(monkeypatch) -> Caller:
    """With three dead deliveries for each of two targets, and one of each that was delivered."""
    monkeypatch.setattr(jobs, "STEP_SECONDS", 600)
    make_source()
    make_rule("all", make_target("team"), make_target("duty", kind="flashduty"))
    for number in range(4):
        send(issue_id=str(number), title=f"Boom {number}")
    Delivery.objects.update(status="dead", reason="bad_address", finished_at=timezone.now(), due_at=None)
    Delivery.objects.filter(inbound=Inbound.objects.latest("id")).update(status="delivered")
    return Caller()


def work(job: int) -> None:
    for _ in range(50):
        jobs.step(timezone.now())
        Delivery.objects.filter(finished_at__isnull=True).update(
            status="delivered", finished_at=timezone.now(), due_at=None
        )
        if BulkJob.objects.get(pk=job).finished_at:
            return


def test_a_plan_says_how_many_to_whom_and_how_long_and_begins_nothing(caller):
    Target.objects.filter(name="duty").update(broken_since=timezone.now())
    found = caller.send("post", "jobs/plan/", {"act": "resend", "filter": {}}).json()
    assert (found["found"], found["total"], found["is_too_large"]) == (8, 8, False)
    assert [(each["name"], each["count"], each["trouble"]) for each in found["targets"]] == [
        ("duty", 4, "broken"),
        ("team", 4, ""),
    ]
    assert found["seconds"] == max(each["seconds"] for each in found["targets"])
    Target.objects.filter(name="duty").update(enabled=False)
    narrowed = caller.send("post", "jobs/plan/", {"act": "resend", "filter": {"reason": "bad_address"}}).json()
    assert (narrowed["total"], narrowed["left_out"]) == (4, {"target_disabled": 4})
    assert (BulkJob.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_a_job_is_begun_followed_and_its_deliveries_found(caller):
    made = caller.send("post", "jobs/", {**DEAD, "name": "after the outage"})
    job = made.json()
    assert (made.status_code, job["status"], job["total"], job["left"]) == (202, "running", 6, 6)
    work(job["id"])
    seen = caller.send("get", f"jobs/{job['id']}/").json()
    assert (seen["status"], seen["done"], seen["left"], seen["deliveries"]) == ("done", 6, 0, {"delivered": 6})
    assert seen["actor"] == "test-operator"
    sent = caller.send("get", f"deliveries/?job={job['id']}").json()["results"]
    assert {row["job"] for row in sent} == {job["id"]}
    assert len(sent) == 6
    (listed,) = caller.send("get", "jobs/?act=resend&status=done&name=after the outage").json()["results"]
    assert listed["id"] == job["id"]


def test_asking_twice_by_the_same_name_begins_one_job(caller):
    named = {**DEAD, "name": "deploy-17"}
    first, second = caller.send("post", "jobs/", named), caller.send("post", "jobs/", named)
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    other = caller.send("post", "jobs/", {**named, "filter": {"status": "dead"}})
    assert (other.status_code, BulkJob.objects.count()) == (409, 1)


def test_what_came_after_the_plan_is_left_alone(caller):
    last = caller.send("post", "jobs/plan/", DEAD).json()["last"]
    send(issue_id="later")
    later = Delivery.objects.filter(inbound=Inbound.objects.latest("id"))
    later.update(status="dead", finished_at=timezone.now(), due_at=None)
    assert caller.send("post", "jobs/", {**DEAD, "last": last}).json()["total"] == 6
    assert caller.send("post", "jobs/", DEAD).json()["total"] == 8


def test_a_job_is_stopped_once_and_leaves_the_rest_as_it_is(caller):
    job = caller.send("post", "jobs/", DEAD).json()["id"]
    assert caller.send("post", f"jobs/{job}/stop/").json()["status"] == "cancelled"
    assert caller.send("post", f"jobs/{job}/stop/").status_code == 409
    assert caller.send("post", "jobs/999999/stop/").status_code == 404
    jobs.step(timezone.now())
    assert not Delivery.objects.filter(bulk_job=job).exists()
    assert not BulkItem.objects.exists()


@pytest.mark.parametrize(
    ("act", "narrowing"),
    [
        ("resend_now", {"status": "dead"}),
        ("cancel", {"status": "pending"}),
        ("reprocess", {"status": "failed"}),
        ("replay", {"replayed": "false", "reason": "bad_signature"}),
    ],
)
def test_the_other_acts_have_plans_and_jobs_too(caller, act, narrowing):
    make_source("other", key="k-other", secret="right")
    send(key="k-other", secret="wrong")
    Delivery.objects.filter(status="delivered", target__name="team").update(status="pending", finished_at=None)
    Inbound.objects.filter(pk=Inbound.objects.latest("id").pk).update(status="failed")
    asked = {"act": act, "filter": narrowing}
    expected = 3 if act == "resend_now" else 1
    assert caller.send("post", "jobs/plan/", asked).json()["total"] == expected
    assert caller.send("post", "jobs/", asked).json()["total"] == expected


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"act": "resend"}, "filter"),
        ({"act": "explode", "filter": {}}, "act"),
        ({"act": "resend", "filter": {"stat": "dead"}}, "filter.stat"),
        ({"act": "resend", "filter": {"status": "deader"}}, "filter.status"),
        ({"act": "resend", "filter": {"cursor": "1"}}, "filter.cursor"),
        ({"act": "reprocess", "filter": {"replayed": "true"}}, "filter.replayed"),
        ({"act": "replay", "filter": {"target": "team"}}, "filter.target"),
        ({"act": "resend", "filter": "dead"}, "filter"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(caller, asked, field):
    for path in ("jobs/", "jobs/plan/"):
        answer = caller.send("post", path, asked)
        assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not BulkJob.objects.exists()


def test_too_many_are_refused_with_what_to_do(caller, monkeypatch):
    monkeypatch.setattr("routing.services.bulk.planning.MOST", 2)
    monkeypatch.setattr("routing.services.bulk.jobs.MOST", 2)
    assert caller.send("post", "jobs/plan/", DEAD).json()["is_too_large"] is True
    answer = caller.send("post", "jobs/", DEAD)
    assert (answer.status_code, list(answer.json())) == (400, ["filter"])


def test_a_viewer_sees_jobs_and_neither_plans_begins_nor_stops_one(caller):
    job = caller.send("post", "jobs/", DEAD).json()["id"]
    viewer = Caller(Role.VIEWER)
    assert viewer.send("get", f"jobs/{job}/").json()["total"] == 6
    for path, data in (("jobs/plan/", DEAD), ("jobs/", DEAD), (f"jobs/{job}/stop/", None)):
        assert viewer.send("post", path, data).status_code == 403
    assert BulkJob.objects.get().finished_at is None


def test_a_job_ends_with_the_token_that_began_it_and_says_so(caller):
    job = caller.send("post", "jobs/", DEAD).json()["id"]
    admin = Caller(Role.ADMIN)
    assert admin.send("delete", "tokens/test-operator/").status_code == 204
    jobs.step(timezone.now())
    seen = admin.send("get", f"jobs/{job}/").json()
    assert (seen["status"], seen["reason"], seen["actor"]) == ("cancelled", "token_revoked", "test-operator")
    assert (seen["left"], seen["deliveries"]) == (6, {})
    assert not Delivery.objects.filter(bulk_job=job).exists()
