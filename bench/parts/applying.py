"""How long SQLite's write lock is held while a configuration file of 10,000 rules is applied: asked by another process."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable

from bench.databases import SQLITE, Database
from bench.parts.stage import Stage

RULES = 10_000
_LOOK_SECONDS = 0.002


def measure(stage: Stage) -> None:
    """The longest wait for the lock: adding, changing, turning round and removing all rules, each with one command."""
    database = stage.databases.fresh(SQLITE)
    numbers = range(RULES)
    for label, text, options in (
        ("added", document(numbers, "error"), ()),
        ("changed", document(numbers, "fatal"), ()),
        ("turned round", document(reversed(numbers), "fatal"), ()),
        ("removed", document([0], "fatal"), ("--prune",)),
    ):
        file = database.folder / "rules.yaml"
        file.write_text(text, encoding="utf-8")
        longest = watched(
            database, lambda file=file, options=options: database.manage("config", "apply", str(file), *options)
        )
        stage.figures.add(f"applying: {RULES} rules {label}, longest wait for the lock in ms", longest * 1000)
    stage.figures.print("Applying a configuration file on SQLite", "applying:")


def document(numbers: Iterable[int], level: str) -> str:
    """A file with a rule for each number, two targets a rule."""
    bot = "kind: feishu, webhook_url: 'https://open.feishu.cn/open-apis/bot/v2/hook/bench"
    targets = "".join(f"  - {{name: t{number}, {bot}{number}'}}\n" for number in (1, 2))
    when = f"[{{field: level, op: at_least, value: {level}}}]"
    rules = "".join(f"  - {{name: r{n}, project: p{n}, targets: [t1, t2], when: {when}}}\n" for n in numbers)
    return f"version: 1\ntargets:\n{targets}rules:\n{rules}"


def watched(database: Database, work: Callable[[], object]) -> float:
    """The longest that a writer had to wait while `work` ran, in seconds."""
    thread = threading.Thread(target=work)
    thread.start()
    longest = 0.0
    file = sqlite3.connect(database.folder / "relay.sqlite3", timeout=60, isolation_level=None)
    try:
        while thread.is_alive():
            began = time.perf_counter()
            file.execute("BEGIN IMMEDIATE")
            file.execute("ROLLBACK")
            longest = max(longest, time.perf_counter() - began)
            thread.join(_LOOK_SECONDS)
    finally:
        file.close()
    return longest
