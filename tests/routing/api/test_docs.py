"""The description of the API: public, complete, without an outside host."""

import re

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_the_description_is_valid_and_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml"))


def test_the_description_is_public_and_has_receiver_and_hook(client):
    found = client.get("/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert {"/webhooks/sentry/{hook_key}/", "/hook/", "/api/v1/deliveries/{id}/resend/"} <= found["paths"].keys()
    assert "get" not in found["paths"]["/hook/"]


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_pages_name_no_outside_host(client, page):
    answer = client.get(f"/api/v1/{page}")
    assert answer.status_code == 200
    assert not re.findall(rb"(?:https?:)?//[a-z]", answer.content)
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"].split("style-src")[0]


def test_only_redoc_may_style_inline(client):
    assert "style-src 'self' 'unsafe-inline'" in client.get("/api/v1/redoc")["Content-Security-Policy"]
    assert "unsafe-inline" not in client.get("/api/v1/docs")["Content-Security-Policy"]
