"""What every test shares: static files as they lie, and the rows that every installation begins with."""

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.conf import settings as site
from django.core.cache import cache as cache_of_process
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

USES_DATABASE = {"db", "transactional_db", "live_server", "_django_db_helper"}

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")


def pytest_configure() -> None:
    """The test server finds static files where they lie, so their names must not be hashed; passwords of tests need no
    half second of hashing; and a slow machine may take its time to connect."""
    site.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    site.DATABASES["default"]["OPTIONS"].get("pool", {})["timeout"] = 30
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    site.STORAGES = {**site.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def first_rows(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give a test the rows that the migrations made, whatever test emptied the tables before it in this process."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None and not USES_DATABASE & set(request.fixturenames):
        yield
        return
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        # Django refills content types after one without it, in the way of the next one with it.
        assert marker, "say django_db(transaction=True, serialized_rollback=True)"
        assert marker.kwargs.get("serialized_rollback"), "say serialized_rollback=True"
    request.getfixturevalue("_django_db_helper")
    from routing.models import ConfigurationStamp

    if not ConfigurationStamp.objects.exists():
        for make in rows_made():
            make(migrated(), SimpleNamespace(connection=connection))
    yield
    from routing.services.storing import writing

    writing.rest()  # or its connection would keep the test database from being dropped


@cache
def rows_made() -> list[Callable[..., None]]:
    """What makes rows in the migrations of an empty database, in their order."""
    graph = MigrationLoader(None).graph
    (last,) = graph.leaf_nodes("routing")
    modules = [
        import_module(f"routing.migrations.{name}") for app, name in graph.forwards_plan(last) if app == "routing"
    ]
    return [getattr(module, name) for module in modules for name in ("first_rows", "groups") if hasattr(module, name)]


@cache
def migrated() -> StateApps:
    """The models as migrations know them."""
    return MigrationLoader(connection).project_state().apps


@pytest.fixture(autouse=True)
def unhurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls within the process may take their time, for a slow machine's sake; tests of the time are marked `in_time`."""
    from routing.services.storing import writing

    if request.node.get_closest_marker("in_time") is None:
        monkeypatch.setattr(writing, "WAIT_SECONDS", 30)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Every test has a database of its own, so what the process remembers of the one before must not count."""
    from routing.selectors import configuration
    from routing.services.ingest import quarantine
    from routing.services.setup import projects
    from routing.services.storing import touching

    for module in (configuration, projects, quarantine, touching):
        module.forget()
    cache_of_process.clear()
