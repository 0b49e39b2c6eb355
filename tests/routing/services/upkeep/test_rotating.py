"""Changing the key that secrets are sealed with."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from routing.fields import Sealed, open_bytes, seal_bytes
from routing.models import ClientSecret, HookKey, Inbound, InboundBody, QuarantinedCall, Source, Target
from routing.services.upkeep.rotating import rotate_keys

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def stored(settings) -> Source:
    """One of everything that is sealed, under the old key."""
    settings.FIELD_KEYS = [OLD]
    source = Source.objects.create(name="acme")
    HookKey.objects.create(source=source, key=Sealed.seal("hook"), digest="d")
    ClientSecret.objects.create(source=source, secret=Sealed.seal("client"))
    Target.objects.create(name="duty", kind="feishu", credentials={"url": Sealed.seal("u"), "secret": Sealed.seal("s")})
    inbound = Inbound.objects.create(source=source, source_name="acme")
    InboundBody.objects.create(inbound=inbound, data=seal_bytes(b"body"))
    address = Sealed.seal("https://bot").token
    QuarantinedCall.objects.create(source=source, reason="unsigned", data=seal_bytes(b"call"), size=4, address=address)
    return source


def everything() -> list[str | bytes]:
    """What the running keys can read of it."""
    refused = QuarantinedCall.objects.get()
    return [
        HookKey.objects.get().key.open(),
        ClientSecret.objects.get().secret.open(),
        *(sealed.open() for _, sealed in sorted(Target.objects.get().credentials.items())),
        open_bytes(bytes(InboundBody.objects.get().data)),
        open_bytes(bytes(refused.data)),
        Sealed(refused.address).open(),
    ]


def test_after_it_the_old_key_can_be_dropped(stored: Source, settings) -> None:
    settings.FIELD_KEYS = [NEW, OLD]
    rotation = rotate_keys()
    settings.FIELD_KEYS = [NEW]
    assert everything() == ["hook", "client", "s", "u", b"body", b"call", "https://bot"]
    assert rotation.unreadable == []
    assert rotation.rotated == {
        "routing_hookkey": 1,
        "routing_clientsecret": 1,
        "routing_target": 1,
        "routing_inboundbody": 1,
        "routing_quarantinedcall": 2,
    }


def test_what_is_under_the_first_key_already_is_left_alone(stored: Source, settings) -> None:
    settings.FIELD_KEYS = [NEW, OLD]
    rotate_keys()
    before = Target.objects.get().credentials
    assert not rotate_keys().rotated
    assert Target.objects.get().credentials == before


def test_what_no_key_opens_is_named_and_the_rest_is_done(stored: Source, settings) -> None:
    lost = ClientSecret.objects.create(
        source=stored, secret=Sealed("v1:" + Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    )
    settings.FIELD_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match=f"routing_clientsecret: {lost.pk}"):
        call_command("rotate_keys")
    settings.FIELD_KEYS = [NEW]
    assert HookKey.objects.get().key.open() == "hook"
    assert Target.objects.get().credentials["url"].open() == "u"


def test_more_rows_than_one_batch_are_all_done(settings) -> None:
    settings.FIELD_KEYS = [OLD]
    source = Source.objects.create(name="acme")
    ClientSecret.objects.bulk_create(ClientSecret(source=source, secret=Sealed.seal(str(n))) for n in range(120))
    settings.FIELD_KEYS = [NEW, OLD]
    rotate_keys()
    settings.FIELD_KEYS = [NEW]
    assert {row.secret.open() for row in ClientSecret.objects.all()} == {str(n) for n in range(120)}
