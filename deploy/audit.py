#!/usr/bin/env python3
"""Asks for known vulnerabilities of what a lock file installs: audit.py PIP_AUDIT requirements/extras.txt [--unless-offline]

Exit code 0: every package was looked up and none is known to be vulnerable. 1: some are, with the versions that mend them.
3: not everything could be looked up, which is no clean bill; with --unless-offline that is said, and the code is 0.
"""

import json
import subprocess
import sys
from typing import Any

SECONDS = 120
CLEAN, VULNERABLE, NOT_AUDITED = 0, 1, 3


def verdict(dependencies: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """(exit code, what to say) of pip-audit's list."""
    found = [
        f"VULNERABLE {one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no release'}"
        for one in dependencies
        for flaw in one.get("vulns", ())
    ]
    unknown = [one["name"] for one in dependencies if "vulns" not in one]
    said = [*found, f"{len(dependencies) - len(unknown)} of {len(dependencies)} packages were looked up."]
    if unknown or not dependencies:
        said.append(f"NOT AUDITED, the advisory data was out of reach: {', '.join(unknown) or 'everything'}")
    if found:
        return VULNERABLE, said
    return NOT_AUDITED if unknown or not dependencies else CLEAN, said


def look_up(program: str, lock: str) -> list[dict[str, Any]]:
    """What pip-audit found out about each package; an empty list when it could not ask."""
    command = [program, "--requirement", lock, "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    try:
        done = subprocess.run(  # noqa: S603 - the program that the Makefile installed
            [*command, "--format", "json", "--timeout", "15"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return list(json.loads(done.stdout)["dependencies"])
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        return []


def main(arguments: list[str]) -> int:
    """Look up, say what came of it, and return the exit code."""
    if len(arguments) < 2:
        sys.exit(__doc__)
    code, said = verdict(look_up(*arguments[:2]))
    print("\n".join(said))  # noqa: T201 - it is the answer
    return CLEAN if code == NOT_AUDITED and "--unless-offline" in arguments else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
