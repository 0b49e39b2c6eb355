"""The demo: into an empty database, and out again."""

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

from integrations.contract import ConfigError
from routing.models import Delivery, Inbound, Project, Rule, SandboxCall, Source, Target, Thread
from routing.selectors import sandbox as switch
from routing.services.demo import setup as demo
from routing.services.trying import testing

pytestmark = pytest.mark.django_db
ADDRESS = "127.0.0.1:8000"


@pytest.fixture(autouse=True)
def own_switch(settings, tmp_path) -> None:
    settings.SANDBOX_SWITCH = tmp_path / "sandbox"
    settings.EGRESS_ALLOWED_HOSTS = []


@pytest.fixture
def filled() -> demo.Administrator:
    return demo.fill(ADDRESS)


def test_a_fresh_database_is_empty_until_somebody_configures_something() -> None:
    assert demo.is_empty()
    Target.objects.create(name="duty", kind="feishu")
    assert not demo.is_empty()


def test_a_database_with_an_account_is_not_empty() -> None:
    get_user_model().objects.create_user("somebody")
    assert not demo.is_empty()


def test_what_is_filled_in_can_be_used_at_once(filled: demo.Administrator) -> None:
    user = authenticate(username=filled.name, password=filled.password)
    assert user is not None
    assert user.is_superuser
    assert sorted(Target.objects.values_list("name", flat=True)) == ["demo-feishu", "demo-flashduty"]
    assert Target.objects.get(name="demo-feishu").settings()["webhook_url"].startswith(f"http://{ADDRESS}/sandbox/")
    assert switch.address() == ADDRESS
    assert demo.is_untried()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    ("level", "environment", "told"),
    [
        ("fatal", "production", {"demo-feishu": "critical", "demo-flashduty": "critical"}),
        ("error", "production", {"demo-feishu": "warning", "demo-flashduty": "warning"}),
        ("error", "staging", {"demo-feishu": "warning"}),
    ],
)
def test_its_rules_tell_the_demo_targets(level: str, environment: str, told: dict[str, str]) -> None:
    demo.fill(ADDRESS)
    source = Source.objects.get(name="demo-acme")
    answer = testing.send_test_alert(source, actor="test", level=level, environment=environment)
    assert answer.payload["reason"] == "matched"
    assert {row.target_name: row.severity for row in Delivery.objects.all()} == told
    assert not demo.is_untried()


def test_it_moves_with_the_address_of_the_relay(filled: demo.Administrator, settings) -> None:
    before = Target.objects.get(name="demo-flashduty").settings()["push_url"]
    demo.move_to("127.0.0.1:9001")
    assert Target.objects.get(name="demo-flashduty").settings()["push_url"] == before.replace(":8000", ":9001")
    assert switch.address() == "127.0.0.1:9001"
    assert "127.0.0.1:9001" in settings.EGRESS_ALLOWED_HOSTS


def test_moving_to_where_it_is_changes_nothing(filled: demo.Administrator) -> None:
    before = {row.name: row.credentials for row in Target.objects.all()}
    demo.move_to(ADDRESS)
    assert {row.name: row.credentials for row in Target.objects.all()} == before


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_removed_it_leaves_only_the_administrator_and_the_log_of_others() -> None:
    demo.fill(ADDRESS)
    testing.send_test_alert(Source.objects.get(name="demo-acme"), actor="test")
    other = Inbound.objects.create(source_name="mine")
    call_command("demo", "--remove")
    for model in (Target, Rule, Project, Thread, Delivery, SandboxCall):
        assert not model.objects.exists(), model
    assert list(Source.objects.values_list("name", flat=True)) == ["hook"]
    assert list(Inbound.objects.all()) == [other]
    assert get_user_model().objects.count() == 1
    assert not switch.is_on()


def test_a_target_that_others_use_keeps_the_demo_in_place(filled: demo.Administrator) -> None:
    Rule.objects.create(name="mine").targets.set(Target.objects.filter(name="demo-feishu"))
    with pytest.raises(ConfigError, match="mine"):
        demo.remove()
    assert Rule.objects.filter(name="demo: production").exists()
    assert switch.is_on()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_demo_does_not_go_into_a_database_in_use() -> None:
    Target.objects.create(name="duty", kind="feishu")
    with pytest.raises(CommandError, match=r"not empty|不是空的"):
        call_command("demo")
    assert Target.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_without_a_running_relay_it_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo", "--port", "1")
    assert "manage.py up" in capsys.readouterr().err
    with pytest.raises(CommandError, match=r"127\.0\.0\.1:1"):
        call_command("demo")
