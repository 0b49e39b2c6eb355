"""What every test shares."""

import pytest


@pytest.fixture(autouse=True)
def plain_static_files(settings) -> None:
    """The test server finds static files where they lie, so their names must not be hashed."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
