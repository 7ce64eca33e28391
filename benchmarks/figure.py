"""What a benchmark found, and whether it is what was promised."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by `share` (0 to 1) of all."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Figure(NamedTuple):
    """One figure. `share`: which quantile the goal is about; None for the median."""

    name: str
    values: Sequence[float]
    unit: str
    goal: float | None = None
    must: float | None = None
    share: float | None = None
    note: str = ""

    @property
    def judged(self) -> float:
        """The value that the goal is about."""
        return statistics.median(self.values) if self.share is None else quantile(self.values, self.share)

    @property
    def kept(self) -> bool:
        """False if it is worse than it must be."""
        return self.must is None or self.judged <= self.must

    def line(self) -> str:
        """Name, median, range, goal (must), and whether it is met."""
        median = statistics.median(self.values)
        text = f"{self.name}: median {median:.4g} {self.unit}"
        if self.share is not None:
            text += f", p{self.share * 100:.0f} {self.judged:.4g}"
        text += f" ({min(self.values):.4g} to {max(self.values):.4g}, n={len(self.values)})"
        if self.goal is not None and self.must is not None:
            verdict = "goal met" if self.judged <= self.goal else "must met" if self.kept else "MISSED"
            text += f"; goal {self.goal:g} (must {self.must:g}) {self.unit}: {verdict}"
        return text + (f"; {self.note}" if self.note else "")


def report(figures: Iterable[Figure]) -> bool:
    """Print a line for each; True if none is worse than it must be."""
    kept = True
    for figure in figures:
        print(figure.line(), flush=True)
        kept &= figure.kept
    return kept
