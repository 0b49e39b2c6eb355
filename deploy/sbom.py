#!/usr/bin/env python3
"""Prints the software bill of materials of a lock file as CycloneDX 1.6 JSON: sbom.py requirements/extras.txt

Made of the lock alone, so the same lock gives the same bytes: names, versions, and the hashes of every file that may be
installed. Environment markers are kept as a property.
"""

import json
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]*?))?\s*\\?$"
)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> list[dict[str, Any]]:
    """The packages of a lock, in its order; raises ValueError for a line that says neither package nor hash."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        hashes = HASH.findall(line)
        if hashes and found:
            found[-1]["hashes"] += [{"alg": "SHA-256", "content": each} for each in hashes]
        elif match := LINE.match(line):
            found.append(component(match["name"], match["version"], match["marker"] or ""))
        else:
            raise ValueError(f"not understood: {line}")
    return found


def component(name: str, version: str, marker: str) -> dict[str, Any]:
    """One package, without its hashes."""
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
    made: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if marker:
        made["properties"] = [{"name": "environment-marker", "value": marker.strip()}]
    return {**made, "hashes": []}


def bill(lock: str, project: dict[str, Any]) -> dict[str, Any]:
    """The whole bill; its serial number is a digest of the lock."""
    own = {"type": "application", "bom-ref": project["name"], "name": project["name"], "version": project["version"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, lock)}",
        "version": 1,
        "metadata": {"component": {**own, "licenses": [{"license": {"id": project["license"]}}]}},
        "components": components(lock),
    }


def main() -> None:
    """Print the bill of the lock that the argument names."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = Path(sys.argv[1]).read_text(encoding="utf-8")
    print(json.dumps(bill(lock, project), indent=2, ensure_ascii=False))  # noqa: T201 - it is the answer


if __name__ == "__main__":
    main()
