"""The shapes of partitions that simulations make: which ways between machines are cut."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

Way = tuple[str, str]
"""(from, to)."""


def both(here: Iterable[str], there: Sequence[str]) -> set[Way]:
    """Nothing passes between two groups, in either direction."""
    return {way for a in here for b in there if a != b for way in ((a, b), (b, a))}


def bridge(chance: random.Random, machines: Sequence[str], name: str) -> set[Way]:
    """Two halves that do not hear each other; `name` hears both, and both hear it."""
    others = [other for other in machines if other != name]
    here = [other for other in others if chance.random() < 0.5]
    return both(here, [other for other in others if other not in here])


def ring(chance: random.Random, machines: Sequence[str]) -> set[Way]:
    """Each hears its two neighbours in a circle only."""
    circle = chance.sample(machines, len(machines))
    near = {way for a, b in zip(circle, [*circle[1:], circle[0]], strict=True) for way in ((a, b), (b, a))}
    return both(machines, machines) - near
