"""Tests that operators start: signed and received like the real thing."""

import pytest

from integrations.contract import ConfigError
from routing.models import AuditEntry, Delivery, Inbound, Rule, Source, Target
from routing.services.setup import sources, targets
from routing.services.trying.testing import send_test_alert

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def source() -> Source:
    one = Source.objects.create(name="acme")
    sources.add_client_secret(one, "s3cret")
    return one


def a_bot(name: str) -> Target:
    target = Target(name=name, kind="feishu")
    targets.assign(target, {"webhook_url": "https://open.feishu.cn/open-apis/bot/v2/hook/0123456789abcdef"})
    target.save()
    return target


def test_a_test_alert_is_signed_routed_and_queued_like_a_real_one(source: Source) -> None:
    rule = Rule.objects.create(name="production", when=[{"field": "environment", "op": "is", "value": "production"}])
    rule.targets.add(a_bot("duty"))
    answer = send_test_alert(source, actor="boss")
    assert (answer.status, answer.payload["status"], answer.payload["reason"]) == (202, "routed", "matched")
    delivery = Delivery.objects.get()
    assert (delivery.target_name, delivery.status, delivery.is_test) == ("duty", "pending", True)
    inbound = Inbound.objects.get()
    assert inbound.is_test
    assert "unsigned" not in inbound.flags
    assert AuditEntry.objects.get().action == "test_source"


def test_tests_are_never_duplicates_of_each_other(source: Source) -> None:
    assert [send_test_alert(source, actor="boss").payload["status"] for _ in range(2)] == ["unrouted", "unrouted"]
    assert Inbound.objects.count() == 2


def test_a_legacy_set_up_is_tested_without_a_signature() -> None:
    one = Source.objects.create(name="old", accept_unsigned=True)
    assert send_test_alert(one, actor="boss").status == 202
    assert "unsigned" in Inbound.objects.get().flags


def test_without_a_secret_it_says_what_to_paste() -> None:
    with pytest.raises(ConfigError, match="client secret"):
        send_test_alert(Source.objects.create(name="acme"), actor="boss")
    assert not Inbound.objects.exists()


def test_a_target_without_a_signing_secret_has_the_setting_all_the_same() -> None:
    assert a_bot("duty").settings()["secret"] == ""
    assert Target(kind="flashduty").settings()["language"] == "zh-hans"
    assert Target(kind="gone", options={"url": "x"}).settings() == {"url": "x"}
