"""The receiver over HTTP: what it takes, what it refuses, and what it says."""

import orjson
import pytest
from django.test import Client, RequestFactory

from routing.api import hooks
from routing.models import Delivery, HookKey, Inbound, Project, QuarantinedCall, Source
from routing.selectors import configuration
from routing.services.ingest import bodies
from routing.services.setup import sources
from tests.routing.calls import (
    BOT,
    KEY,
    SECRET,
    make_rule,
    make_source,
    make_target,
    post,
    send,
    send_legacy,
    sentry_call,
    signed,
)

pytestmark = pytest.mark.django_db
URL = f"/webhooks/sentry/{KEY}/"


@pytest.mark.parametrize("path", [URL, URL.rstrip("/")])
def test_a_signed_webhook_is_stored_and_answered_with_what_becomes_of_it(path):
    source = make_source()
    source.default_targets.add(make_target())
    headers, body = sentry_call()
    answer = post(path, signed(headers, body), body)
    inbound = Inbound.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {
        "id": inbound.pk,
        "status": "routed",
        "reason": "default_targets",
        "targets": [{"name": "team", "status": "pending", "reason": "", "severity": "warning"}],
    }


def test_the_exact_bytes_are_kept_with_sentrys_headers_and_nothing_personal():
    make_source()
    headers, body = sentry_call()
    post(URL, {**signed(headers, body), "cookie": "session=1", "authorization": "Bearer x"}, body)
    call = bodies.of_inbound(Inbound.objects.get())
    assert call.body == body
    assert call.headers["sentry-hook-resource"] == "event_alert"
    assert not {"cookie", "authorization"} & set(call.headers)


def test_the_signature_is_over_the_bytes_whatever_they_spell():
    make_source()
    headers, body = sentry_call(title="数据库 💥")
    respelled = orjson.dumps(orjson.loads(body))
    assert respelled != body
    assert post(URL, signed(headers, body), respelled).status_code == 401
    assert post(URL, signed(headers, respelled), respelled).status_code == 202


def test_any_active_secret_signs_and_a_retired_one_does_not():
    source = make_source(secret="old")
    new = sources.add_client_secret(source, "new")
    old = source.client_secrets.get(pk__lt=new.pk)
    assert [send(secret=secret).status_code for secret in ("old", "new", "other")] == [202, 202, 401]
    sources.retire(old)
    assert [send(secret=secret).status_code for secret in ("old", "new")] == [401, 202]


def test_a_retired_hook_key_is_unknown():
    source = make_source()
    sources.retire(HookKey.objects.get(source=source))
    assert send().status_code == 404


def test_the_use_of_a_key_and_a_secret_is_noted():
    source = make_source()
    send()
    assert source.hook_keys.get().last_used_at is not None
    assert source.client_secrets.get().last_used_at is not None


def test_an_unknown_key_is_told_what_to_do_and_nothing_is_kept():
    make_source()
    headers, body = sentry_call()
    answer = post("/webhooks/sentry/k-other/", {**signed(headers, body), "accept-language": "en"}, body)
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_key")
    assert "connection" in answer.json()["detail"]
    assert not Inbound.objects.exists()
    assert not QuarantinedCall.objects.exists()


def test_a_wrong_signature_is_refused_kept_and_counted():
    source = make_source()
    answer = send(secret="wrong")
    source.refresh_from_db()
    assert (answer.status_code, answer.json()["reason"]) == (401, "bad_signature")
    assert (source.refused_count, source.refused_reason) == (1, "bad_signature")
    assert QuarantinedCall.objects.get().source == source
    assert not Inbound.objects.exists()


@pytest.mark.parametrize("accept_unsigned", [False, True])
def test_an_unsigned_call_is_accepted_only_where_allowed_and_only_in_the_legacy_shape(accept_unsigned):
    make_source(accept_unsigned=accept_unsigned)
    headers, body = sentry_call()
    assert post(URL, headers, body).status_code == 401
    answer = send_legacy()
    assert answer.status_code == (202 if accept_unsigned else 401)
    assert [inbound.flags for inbound in Inbound.objects.all()] == ([["unsigned"]] if accept_unsigned else [])


@pytest.mark.parametrize("header", ["sentry-hook-signature", "sentry-app-signature", "x-servicehook-signature"])
def test_a_signature_must_verify_even_where_unsigned_calls_are_welcome(header):
    make_source(accept_unsigned=True)
    headers, body = sentry_call("legacy")
    assert post(URL, {**headers, header: ""}, body).status_code == 401


def test_a_signed_body_that_is_no_json_is_stored_as_malformed():
    make_source()
    answer = post(URL, signed({}, b"not json"), b"not json")
    assert (answer.status_code, answer.json()["status"]) == (202, "malformed")
    assert "line 1" in Inbound.objects.get().decision["detail"]


def test_a_compressed_body_is_refused():
    make_source()
    headers, body = sentry_call()
    answer = post(URL, {**signed(headers, body), "content-encoding": "gzip"}, body)
    assert (answer.status_code, answer.json()["reason"]) == (415, "compressed")


def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not(settings):
    settings.MAX_BODY_MB = 1
    make_source()
    at_limit = b" " * (1024 * 1024)
    assert post(URL, signed({}, at_limit), at_limit).json()["status"] == "malformed"
    over = at_limit + b" "
    assert post(URL, signed({}, over), over).status_code == 413


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("path", [URL, URL.rstrip("/"), "/hook", "/hook/"])
def test_other_methods_are_told_what_the_url_is_for(method, path):
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["reason"] == "wrong_method"


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_ACCEPT": "text/plain"},
        {"HTTP_HOST": "relay.internal:9999"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"CONTENT_TYPE": "application/json; charset=bz2_codec"},
        {"CONTENT_TYPE": "multipart/form-data"},
        {"CONTENT_TYPE": ""},
    ],
)
def test_nothing_about_a_genuine_call_but_its_body_can_refuse_it(extra):
    make_source()
    headers, body = sentry_call()
    answer = Client().generic("POST", URL, body, headers=signed(headers, body), **extra)
    assert answer.status_code == 202


def test_the_same_call_again_is_a_duplicate_of_the_first():
    source = make_source()
    source.default_targets.add(make_target())
    headers, body = sentry_call()
    first = post(URL, signed(headers, body), body).json()
    again = post(URL, {**signed(headers, body), "request-id": "another"}, body)
    assert again.status_code == 202
    assert again.json() == {"id": first["id"], "status": "duplicate", "reason": "", "targets": []}
    assert Inbound.objects.get().duplicate_count == 1
    assert Delivery.objects.count() == 1


def test_a_rule_made_now_decides_the_very_next_webhook():
    make_source()
    assert send().json()["status"] == "unrouted"
    make_rule("all", make_target())
    assert send().json()["reason"] == "matched"


def test_a_secret_that_cannot_be_opened_takes_no_other_source_down(settings):
    make_source()
    settings.FIELD_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    make_source("other", key="k-other", secret="s-other")
    configuration.forget()
    answer = send()
    assert (answer.status_code, answer.json()["reason"]) == (503, "unreadable_secret")
    assert QuarantinedCall.objects.get().reason == "unreadable_secret"
    assert send(key="k-other", secret="s-other").status_code == 202


def test_projects_are_learned_from_calls():
    source = make_source()
    send(project="web", project_id=4510703106785280)
    project = Project.objects.get(source=source)
    assert (project.slug, project.sentry_id, project.is_learned) == ("web", 4510703106785280, True)


class TestHook:
    """The drop-in for the relay that takes its bot's URL with every call."""

    @pytest.mark.parametrize("path", ["/hook", "/hook/"])
    def test_a_call_goes_straight_to_the_bot_with_its_url(self, path):
        make_target("other")
        bot = make_target("team")
        make_rule("everything elsewhere", make_target("third"))
        answer = send_legacy(f"{path}?feishu={BOT}team")
        assert answer.status_code == 201
        assert answer.json()["targets"] == [{"name": "team", "status": "pending", "reason": "", "severity": "warning"}]
        assert Delivery.objects.get().target == bot

    def test_the_url_is_normalised_as_targets_are(self):
        make_target("team")
        assert send_legacy("/hook?feishu=https://OPEN.feishu.cn:443/open-apis/bot/v2/hook/team/").status_code == 201

    def test_the_same_call_for_two_bots_is_no_duplicate(self):
        make_target("team")
        make_target("other")
        headers, body = sentry_call("legacy")
        headers["idempotency-key"] = "same"
        answers = [post(f"/hook?feishu={BOT}{name}", headers, body) for name in ("team", "other", "team")]
        assert [answer.json()["status"] for answer in answers] == ["routed", "routed", "duplicate"]
        assert [answer.status_code for answer in answers] == [201, 201, 201]

    def test_without_a_bot_the_default_targets_get_it_whatever_the_rules_say(self):
        make_rule("everything elsewhere", make_target("third"))
        Source.objects.get(name="hook").default_targets.add(make_target("team"))
        assert [target["name"] for target in send_legacy("/hook").json()["targets"]] == ["team"]

    def test_an_unknown_bot_is_refused_and_its_call_kept_with_the_sealed_url(self):
        answer = send_legacy(f"/hook?feishu={BOT}nobody")
        call = QuarantinedCall.objects.get()
        assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_target")
        assert (call.reason, call.source.name) == ("unknown_target", "hook")
        assert "nobody" not in call.address
        assert call.address

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/open-apis/bot/v2/hook/x",
            "http://169.254.169.254/open-apis/bot/v2/hook/x",
            "https://open.feishu.cn/other",
            "file:///etc/passwd",
            "%00",
        ],
    )
    def test_any_other_url_is_refused_and_nothing_is_kept(self, url):
        answer = send_legacy(f"/hook?feishu={url}")
        assert (answer.status_code, answer.json()["reason"]) == (404, "no_bot_url")
        assert not QuarantinedCall.objects.exists()

    def test_a_signed_call_must_verify_here_too(self):
        make_target("team")
        headers, body = sentry_call("legacy")
        answer = post(f"/hook?feishu={BOT}team", signed(headers, body), body)
        assert answer.status_code == 401
        sources.add_client_secret(Source.objects.get(name="hook"), SECRET)
        assert post(f"/hook?feishu={BOT}team", signed(headers, body), body).status_code == 201


def test_every_answer_says_its_length_so_that_the_connection_stays_open():
    request = RequestFactory().post("/webhooks/sentry/nobody/", b"{}", "application/json")
    answer = hooks.receiver(request, hook_key="nobody")
    assert answer.headers["Content-Length"] == str(len(answer.content))


HOOK_HEADERS = ("Sentry-Hook-Error", "Sentry-Hook-Project")


def noted_by_sentry(answer):
    return tuple(answer.headers.get(name, "") for name in HOOK_HEADERS)


def test_replies_name_the_project_by_number_where_it_is_known():
    source = make_source()
    source.default_targets.add(make_target())
    headers, body = sentry_call(project_id=4510703106785280)
    assert noted_by_sentry(post(URL, signed(headers, body), body)) == ("", "4510703106785280")
    assert noted_by_sentry(post(URL, signed(headers, body), body)) == ("", "4510703106785280")  # a duplicate
    assert Project.objects.get().sentry_id == 4510703106785280
    assert noted_by_sentry(send("metric_alert.critical")) == ("", "4510703106785280")  # it says the slug alone
    assert noted_by_sentry(send("metric_alert.critical", project="unheard-of")) == ("", "")


def test_replies_name_what_was_wrong():
    make_source()
    headers, body = sentry_call()
    assert noted_by_sentry(post("/webhooks/sentry/k-other/", headers, body)) == ("unknown_key", "")
    assert noted_by_sentry(post(URL, headers, body)) == ("unsigned", "")
    assert noted_by_sentry(post(URL, signed(headers, body, "wrong"), body)) == ("bad_signature", "")
    assert noted_by_sentry(post(URL, {**headers, "content-encoding": "gzip"}, body)) == ("compressed", "")
    assert noted_by_sentry(Client().get(URL)) == ("wrong_method", "")
    assert noted_by_sentry(post(URL, signed(headers, b"{"), b"{")) == ("malformed", "")
    assert noted_by_sentry(post("/hook?feishu=https://evil.example/", headers, body)) == ("no_bot_url", "")
