"""What every test shares."""

import pytest

from routing.selectors import configuration
from routing.services import pressure, projects, quarantine, touching


@pytest.fixture(autouse=True)
def plain_static_files(settings) -> None:
    """The test server finds static files where they lie, so their names must not be hashed."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Every test has a database of its own, so what a process remembers of the one before must not count."""
    for module in (configuration, pressure, projects, quarantine, touching):
        module.forget()
