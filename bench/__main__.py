"""`make bench`, or `python -m bench [--quick] [--only PART] [--database sqlite|postgres]`.

Measures this relay beside the relay of the blog posts and beside Celery, in one run on this machine, over loopback.
Machines differ and drift, so only the ratios within one run say something. Figures of each round go to stderr.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import routing
from bench.databases import KINDS, Databases
from bench.figures import QUICK, USUAL, Figures
from bench.parts import answers, applying, engine, ingest, isolation, memory, path, rotation
from bench.parts.stage import Stage

PARTS: dict[str, Callable[[Stage], None]] = {
    "routing": lambda stage: routing.main(),
    "applying": applying.measure,
    "ingest": ingest.measure,
    "answers": answers.measure,
    "engine": engine.measure,
    "path": path.measure,
    "isolation": isolation.measure,
    "memory": memory.measure,
    "rotation": rotation.measure,
}


def main() -> None:
    """Run the parts that were asked for, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, and little more")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--database", choices=KINDS, action="append")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and databases")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="relay-bench-"))
    databases = Databases(folder)
    size = QUICK if options.quick else USUAL
    stage = Stage(folder, databases, Figures(), size, options.database or KINDS)
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, {cores} cores, load {load:.1f} before the start; medians of the rounds")
    try:
        for name in options.only or PARTS:
            began = time.monotonic()
            sys.stderr.write(f"{name} ...\n")
            PARTS[name](stage)
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    finally:
        databases.close()
        if options.keep:
            print(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
