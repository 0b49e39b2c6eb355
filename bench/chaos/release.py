"""The release before this one: its code as the history has it, and how this one takes its place on a host."""

import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from bench.processes import ROOT

CODE = ("manage.py", "relay_site", "routing", "integrations", "templates")
LAST_MIGRATION = 2
"""The number of the migration that the previous release ends with, while no release is tagged."""


def previous() -> str:
    """The commit of the release before this one: the newest tag `v…` below it, or else the last commit before the
    migrations went beyond LAST_MIGRATION. "" where the history is not at hand."""
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^")
    if tag:
        return tag
    newer = [f"routing/migrations/{number:04}_*.py" for number in range(LAST_MIGRATION + 1, LAST_MIGRATION + 100)]
    added = _git("log", "--diff-filter=A", "--reverse", "--format=%H", "--", *newer).split()
    return _git("rev-parse", "--verify", "--quiet", f"{added[0]}^" if added else "HEAD")


def lay_out(commit: str, folder: Path) -> Path:
    """The code of that commit in a folder of its own; returns the folder."""
    archive = subprocess.run(["git", "archive", commit, *CODE], cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def replace(folder: Path) -> None:
    """Put the code of this release where the old one lies, as `git pull` does under running processes."""
    for name in CODE:
        source, place = ROOT / name, folder / name
        if source.is_file():
            shutil.copy(source, place)
            continue
        shutil.rmtree(place)
        shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
