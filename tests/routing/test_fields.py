"""Secrets at rest."""

import json

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection

from routing.fields import Sealed, UnsealingError, open_bytes, seal_bytes
from routing.models import ClientSecret, Source, Target


def test_a_sealed_secret_opens_to_its_text() -> None:
    assert Sealed.seal("密钥 s3cret").open() == "密钥 s3cret"


def test_a_sealed_secret_shows_a_mask_wherever_it_is_printed() -> None:
    sealed = Sealed.seal("s3cret")
    assert "s3cret" not in f"{sealed} {sealed!r}"
    assert sealed.token not in f"{sealed} {sealed!r}"


def test_every_key_opens_and_the_first_one_seals(settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    sealed = Sealed.seal("text")
    settings.FIELD_KEYS = [new, old]
    assert sealed.open() == "text"
    rotated = sealed.rotated()
    settings.FIELD_KEYS = [new]
    assert rotated.open() == "text"
    with pytest.raises(UnsealingError, match="FIELD_KEYS"):
        sealed.open()


def test_bytes_sealed_under_a_lost_key_raise_instead_of_returning_something(settings) -> None:
    token = seal_bytes(b"body")
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(UnsealingError):
        open_bytes(token)


@pytest.mark.django_db
def test_the_column_holds_no_plain_text() -> None:
    source = Source.objects.create(name="acme")
    secret = ClientSecret.objects.create(source=source, secret=Sealed.seal("s3cret"))
    target = Target.objects.create(name="team", kind="feishu", credentials={"secret": Sealed.seal("s3cret")})
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM routing_clientsecret")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT credentials FROM routing_target")
        stored += cursor.fetchone()[0]
    assert "s3cret" not in stored
    assert ClientSecret.objects.get(pk=secret.pk).secret.open() == "s3cret"
    assert Target.objects.get(pk=target.pk).settings()["secret"] == "s3cret"


@pytest.mark.django_db
def test_plain_text_cannot_be_stored_in_a_sealed_column() -> None:
    source = Source.objects.create(name="acme")
    with pytest.raises(TypeError):
        ClientSecret.objects.create(source=source, secret="plain")
    with pytest.raises(TypeError):
        Target.objects.create(name="team", kind="feishu", credentials={"secret": "plain"})


@pytest.mark.django_db
def test_a_sealed_column_cannot_be_searched() -> None:
    with pytest.raises(FieldError):
        list(ClientSecret.objects.filter(secret="anything"))


@pytest.mark.django_db
def test_history_keeps_no_credentials() -> None:
    target = Target.objects.create(name="team", kind="feishu", credentials={"secret": Sealed.seal("s3cret")})
    target.title = "Team"
    target.save()
    names = {field.name for field in target.history.model._meta.get_fields()}
    assert "credentials" not in names
    assert "s3cret" not in json.dumps([str(row.__dict__) for row in target.history.all()])
