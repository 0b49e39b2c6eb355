"""Figures of a run: kept by name, printed as medians, and as ratios within the run."""

import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(slots=True)
class Figures:
    """What was measured in all rounds."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, value: float) -> None:
        """Keep a figure of one round."""
        self.values[name].append(value)
        sys.stderr.write(f"  {name}: {value:.4g}\n")

    def median(self, name: str) -> float | None:
        """The median of all rounds; None for what was not measured."""
        return statistics.median(self.values[name]) if self.values.get(name) else None

    def print(self, title: str, prefix: str) -> None:
        """All figures whose names begin alike: median, lowest and highest."""
        print(f"\n{title}")
        for name, values in self.values.items():
            if name.startswith(prefix):
                span = f"  ({min(values):.4g} to {max(values):.4g}, {len(values)} rounds)" if len(values) > 1 else ""
                print(f"  {name.removeprefix(prefix).strip():<58} {statistics.median(values):>10.4g}{span}")

    def ratio(self, name: str, over: str, under: str) -> None:
        """Keep the median of the ratios of each round, which the machine's mood does not touch."""
        for above, below in zip(self.values.get(over, []), self.values.get(under, []), strict=False):
            if below:
                self.values[name].append(above / below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    rounds: int
    events: int
    deliveries: int
    seconds: float
    backlog: int
    singles: int


QUICK = Size(rounds=1, events=500, deliveries=500, seconds=6, backlog=2000, singles=20)
USUAL = Size(rounds=3, events=1500, deliveries=1500, seconds=15, backlog=10_000, singles=60)
