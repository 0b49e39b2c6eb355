"""What every part needs: a folder, databases, bots, and relays that end whatever happens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.bots import Bots
from bench.databases import Databases
from bench.figures import Figures, Size
from bench.relay import BlogPostRelay, Load, Relay

_series = count(1)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a run takes place."""

    folder: Path
    databases: Databases
    figures: Figures
    size: Size
    kinds: Sequence[str]

    @contextmanager
    def relay(
        self, kind: str, names: Sequence[str] = ("bot0",), *, routed_to_all: bool = True
    ) -> Iterator[tuple[Relay, Bots]]:
        """A relay that is not started yet, and its bots."""
        bots = Bots(self.folder)
        relay = None
        try:
            relay = Relay(self.databases.fresh(kind), bots, names, routed_to_all=routed_to_all)
            yield relay, bots
        finally:
            if relay is not None:
                relay.end()
            bots.end()

    @contextmanager
    def blog_post(self) -> Iterator[tuple[BlogPostRelay, Bots]]:
        """The relay of the blog posts, started, and its bot."""
        bots = Bots(self.folder)
        try:
            relay = BlogPostRelay(self.folder, bots)
            try:
                yield relay, bots
            finally:
                relay.end()
        finally:
            bots.end()

    def load(self, url: str, **options: float | str) -> Load:
        """The generator, with bodies that no other run has."""
        return Load(url, self.folder, series=next(_series), **options)
