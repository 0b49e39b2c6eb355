"""An upgrade under load costs nothing. `make chaos` plays it longer, and replaces hosts behind a proxy as well."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.chaos import release, rolling
from bench.databases import POSTGRES, SQLITE, Databases

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
]
KIND = POSTGRES if os.environ.get("DATABASE_URL", "").startswith("postgres") else SQLITE
PREVIOUS = release.previous()
RATE = 10


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Databases]:
    """Databases of the release before this one."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    databases = Databases(tmp_path / "databases", root=release.lay_out(PREVIOUS, tmp_path / "old"))
    yield databases
    databases.close()


@pytest.mark.skipif(not PREVIOUS, reason="needs the history, which holds the release before this one")
def test_an_upgrade_from_the_release_before_refuses_and_loses_nothing(old: Databases, tmp_path: Path) -> None:
    outcome = rolling.upgrade(old.fresh(KIND), tmp_path, rate=RATE, calm=0.5, renewals=1)
    assert len(outcome.found.acknowledged) > RATE
    assert outcome.problems == []
