from typing import Any

import pytest

from integrations.contract import ConfigError
from integrations.flashduty import DESTINATION
from tests.integrations.flashduty.samples import SENTRY_URL, STANDARD_URL, settings

BASE = "https://api.flashcat.cloud/event/push/alert/standard"


def refusal(**stated: Any) -> dict[str, Any]:
    with pytest.raises(ConfigError) as caught:
        DESTINATION.check({"push_url": STANDARD_URL, **stated})
    return dict(caught.value.errors)


def test_a_pasted_address_alone_is_enough() -> None:
    assert DESTINATION.check({"push_url": f"  {STANDARD_URL}\n"}) == {
        "push_url": STANDARD_URL,
        "language": "zh-hans",
        "timezone": "Asia/Shanghai",
        "limits": {"per_second": 100, "per_minute": 1000},
    }


def test_checked_settings_pass_the_check_unchanged() -> None:
    once = settings(mode="standard", language="en", timezone="UTC", limits={"per_second": 0})
    assert DESTINATION.check(once) == once
    assert once["limits"] == {"per_second": 0, "per_minute": 1000}


@pytest.mark.parametrize(
    ("url", "own"),
    [
        (STANDARD_URL, True),
        (f"{BASE}/?integration_key=k", True),
        ("http://10.0.0.7:8080/flashduty/event/push/alert/standard?integration_key=k", True),
        (SENTRY_URL, False),
        ("https://fd.example.com/prefix/event/push/alert/sentry?integration_key=k", False),
        ("https://api.flashcat.cloud/event/push/alert/standard/v2?integration_key=k", False),
        ("https://api.flashcat.cloud/hook?next=/event/push/alert/standard&integration_key=k", False),
    ],
)
def test_the_address_tells_the_mode(url: str, own: bool) -> None:
    assert DESTINATION.own_severity(settings(push_url=url)) is own


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (f"{BASE}?channel_id=12&integration_key=k%2F1", f"{BASE}?channel_id=12&integration_key=k%2F1"),
        (f"{BASE}?integration_key=k&empty=#part", f"{BASE}?integration_key=k&empty="),
        (
            "HTTPS://API.Flashcat.Cloud/event/push/alert/standard?integration_key=K",
            "https://api.flashcat.cloud/event/push/alert/standard?integration_key=K",
        ),
        (
            "http://fd.example.com:8443/on/prem/event/push/alert/standard/?integration_key=k",
            "http://fd.example.com:8443/on/prem/event/push/alert/standard?integration_key=k",
        ),
        (SENTRY_URL.replace("sentry?", "sentry/?"), SENTRY_URL.replace("sentry?", "sentry/?")),
    ],
)
def test_prefixes_ports_and_other_parameters_are_kept(url: str, kept: str) -> None:
    assert DESTINATION.address(settings(push_url=url)) == kept


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "Paste the push address"),
        ("   ", "Paste the push address"),
        (17, "Paste the push address"),
        ("api.flashcat.cloud/event/push/alert/standard?integration_key=k", "not a web address"),
        ("ftp://api.flashcat.cloud/event/push/alert/standard?integration_key=k", "not a web address"),
        ("https:///event/push/alert/standard?integration_key=k", "not a web address"),
        ("https://[::1/event?integration_key=k", "not a web address"),
        ("https://api.flashcat.cloud:port/event?integration_key=k", "not a web address"),
        ("https://api.flashcat.cloud/event push?integration_key=k", "not a web address"),
        ("https://api.flashcat.cloud/event\u202epush?integration_key=k", "not a web address"),
        ("https://me:secret@api.flashcat.cloud/event?integration_key=k", "user name or password"),
        ("https://api.flashcat.cloud\\@evil.example/event?integration_key=k", "user name or password"),
        ("https://api.flashcat.cloud/?integration_key=k", "only the host"),
        (BASE, "exactly once"),
        (f"{BASE}?integration_key=", "exactly once"),
        (f"{BASE}?integration_key=%20", "exactly once"),
        (f"{BASE}?Integration_Key=k", "exactly once"),
        (f"{BASE}?integration_key=a&integration_key=b", "exactly once"),
        (f"{BASE}?integration_key=a&integration_key=", "exactly once"),
        (f"{BASE}?integration_key=k&layer_person_reset_1_emails=x", "start with layer_"),
        (f"{BASE}?integration_key=k&%6Cayer_webhook_reset_1_feishus=x", "start with layer_"),
        (f"{BASE}?integration_key=k&LAYER_anything=x", "start with layer_"),
    ],
)
def test_an_unusable_address_is_refused_with_what_to_do(url: Any, said: str) -> None:
    errors = refusal(push_url=url)
    assert list(errors) == ["push_url"]
    assert said in errors["push_url"].en
    assert errors["push_url"].zh


def test_no_refusal_repeats_the_key() -> None:
    with pytest.raises(ConfigError) as caught:
        DESTINATION.check({"push_url": f"{BASE}?integration_key=s3cret&integration_key=s3cret", "mode": "sentry"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("mode", "raw", "Choose one of: standard, sentry"),
        ("mode", 1, "Choose one of"),
        ("language", "fr", "Choose one of: zh-hans, en"),
        ("timezone", "Shanghai", "time zone"),
        ("timezone", "../etc/passwd", "time zone"),
        ("timezone", "Asia", "time zone"),
        ("timezone", 8, "time zone"),
        ("timezone", "Asia/\x00", "time zone"),
        ("limits", 5, "per_second and per_minute"),
        ("limits", {"per_hour": 1}, "per_second and per_minute"),
        ("limits", {"per_second": -1}, "numbers from 0"),
        ("limits", {"per_second": True}, "numbers from 0"),
        ("limits", {"per_minute": "5"}, "numbers from 0"),
        ("limits", {"per_minute": float("nan")}, "numbers from 0"),
        ("limits", {"per_minute": float("inf")}, "numbers from 0"),
    ],
)
def test_other_settings_are_refused_by_name(name: str, value: Any, said: str) -> None:
    errors = refusal(**{name: value})
    assert list(errors) == [name]
    assert said in errors[name].en


@pytest.mark.parametrize("name", ["language", "timezone", "limits", "mode"])
@pytest.mark.parametrize("blank", [None, ""])
def test_a_blank_setting_is_its_default(name: str, blank: Any) -> None:
    assert settings(**{name: blank}) == settings()


def test_unknown_settings_are_all_named_beside_other_mistakes() -> None:
    errors = refusal(secret="x", webhook_url="y", push_url="")
    assert set(errors) == {"secret", "webhook_url", "push_url"}
    assert "secret" in errors["secret"].en
    assert "secret" in errors["secret"].zh


@pytest.mark.parametrize(("mode", "url"), [("sentry", STANDARD_URL), ("standard", SENTRY_URL)])
def test_a_stated_mode_may_not_contradict_the_address(mode: str, url: str) -> None:
    errors = refusal(mode=mode, push_url=url)
    assert list(errors) == ["mode"]
    assert "Leave the mode empty" in errors["mode"].en
    assert "留空" in errors["mode"].zh


@pytest.mark.parametrize(("mode", "url"), [("standard", STANDARD_URL), (" Sentry ", SENTRY_URL)])
def test_a_stated_mode_that_agrees_is_kept(mode: str, url: str) -> None:
    assert settings(mode=mode, push_url=url)["mode"] == mode.strip().lower()


def test_the_fields_describe_every_setting_that_the_check_knows() -> None:
    names = [field.name for field in DESTINATION.fields]
    assert names == ["push_url", "mode", "language", "timezone", "limits"]
    assert [field.name for field in DESTINATION.fields if field.credential] == ["push_url"]
    defaults = {field.name: field.default for field in DESTINATION.fields if field.default is not None}
    assert settings() == {"push_url": STANDARD_URL, **defaults}


def test_it_knows_the_vendors_host_and_limits() -> None:
    assert DESTINATION.hosts == {"api.flashcat.cloud"}
    assert (DESTINATION.limits.per_second, DESTINATION.limits.per_minute) == (100, 1000)
    assert DESTINATION.folds_storms is False
