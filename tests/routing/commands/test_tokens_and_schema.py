"""`create_token` and `sentry_schema` print what is asked for, alone, on standard output."""

import json

import pytest
from django.core.management import CommandError, call_command

from routing.models import ApiToken
from routing.services.setup import tokens
from tests.routing.services.configuration.files import FULL, applied

pytestmark = pytest.mark.django_db


def test_a_token_is_printed_alone(capsys):
    call_command("create_token", "ci", "--role", "operator", "--expires", "30")
    out, err = capsys.readouterr()
    found = tokens.find(out.strip())
    assert (found.name, found.role) == ("ci", "operator")
    assert (found.expires_at - found.created_at).days in (29, 30)
    assert out.strip() not in err


def test_a_name_is_used_once():
    call_command("create_token", "ci")
    with pytest.raises(CommandError):
        call_command("create_token", "ci")
    assert ApiToken.objects.count() == 1


def test_the_schema_leads_to_the_newest_hook_key_of_its_source(capsys):
    applied(FULL)
    call_command("sentry_schema", "acme", "--language", "en")
    (element,) = json.loads(capsys.readouterr().out)["elements"]
    assert element["settings"]["uri"] == "/webhooks/sentry/k-2/alert-rule-action/"
    (target,) = element["settings"]["required_fields"]
    assert target["uri"].startswith("/webhooks/sentry/k-2/alert-rule-action/")


def test_an_unknown_source_is_told_with_the_known_ones():
    with pytest.raises(CommandError, match="Known: hook"):
        call_command("sentry_schema", "nowhere")
