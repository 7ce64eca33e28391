"""The verdict on one fault, from what was seen of the processes themselves. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec


class Life(msgspec.Struct, frozen=True):
    """One living process of a managed program; `pid` and `born` together name it for good."""

    namespec: str
    node: str
    token: str
    pid: int
    born: int

    @property
    def application(self) -> str:
        """The application it belongs to."""
        return self.namespec.partition(":")[0]


class Look(msgspec.Struct, frozen=True):
    """What lived at one moment, `at` seconds after the fault."""

    at: float
    lives: frozenset[Life]


class Trial(msgspec.Struct, frozen=True):
    """One fault, and all that was seen of it."""

    fault: str
    broken: str
    """In words: what was done to which process."""
    before: frozenset[Life]
    looks: Sequence[Look]
    spared: Collection[str]
    """The nodes on which no process may end."""
    single: Collection[str]
    """The applications that may be on one node only."""
    well_after: float | None
    """Seconds until the cluster was well again; None if it never was."""
    patience: float
    """Seconds it had for that."""
    complaints: tuple[str, ...] = ()
    """What else was not as it had to be, in words."""


class Finding(msgspec.Struct, frozen=True):
    """The verdict on one trial."""

    fault: str
    broken: str
    observed: str
    violations: tuple[str, ...]

    @property
    def good(self) -> bool:
        """True if nothing was violated."""
        return not self.violations


def judge(trial: Trial) -> Finding:
    """What was observed, in words, and what of it must not be."""
    violations = [*doubles(trial.looks, trial.single), *_touched(trial), *trial.complaints]
    if not trial.looks:
        violations.append("nothing was looked at")
    if trial.well_after is None:
        violations.append(f"the cluster was not well again within {trial.patience:g} s")
    return Finding(trial.fault, trial.broken, _observed(trial), tuple(violations))


def doubles(looks: Sequence[Look], single: Collection[str]) -> list[str]:
    """Each program, or application of `single`, that lived in two places at one moment; told once.

    Several processes of one program on one node under one token are its own children.
    """
    told: dict[tuple[str, tuple[str, ...]], list[float]] = {}
    for look in looks:
        places: dict[str, set[str]] = {}
        for life in look.lives:
            places.setdefault(life.namespec, set()).add(f"{life.node} (token {life.token})")
            if life.application in single:
                places.setdefault(life.application, set()).add(life.node)
        for name, where in places.items():
            if len(where) > 1:
                told.setdefault((name, tuple(sorted(where))), []).append(look.at)
    return [
        f"{name} ran twice: on {' and on '.join(where)}, seen from {min(at):.2f} s to {max(at):.2f} s"
        for (name, where), at in sorted(told.items())
    ]


def _touched(trial: Trial) -> list[str]:
    """Each process of a spared node that ended."""
    ended = _ended(trial)
    return [
        f"{life.namespec} (pid {life.pid}) on {life.node} ended after {ended[life]:.2f} s: "
        "it must not be touched"
        for life in sorted(ended, key=lambda one: (one.node, one.namespec, one.pid))
        if life.node in trial.spared
    ]


def _ended(trial: Trial) -> dict[Life, float]:
    """What lived before and was missed, with when it was missed first."""
    ended: dict[Life, float] = {}
    for look in trial.looks:
        for life in trial.before - look.lives:
            ended.setdefault(life, look.at)
    return ended


def _observed(trial: Trial) -> str:
    ended = _ended(trial)
    begun: dict[Life, float] = {}
    for look in trial.looks:
        for life in look.lives - trial.before:
            begun.setdefault(life, look.at)
    parts = [_told(len(trial.before), "process lived", "processes lived")]
    parts.append(_when("ended", ended))
    parts.append(_when("began", begun))
    if trial.well_after is not None:
        parts.append(f"well again after {trial.well_after:.1f} s")
    return f"{', '.join(parts)} ({_told(len(trial.looks), 'look', 'looks')} at /proc)"


def _when(word: str, times: dict[Life, float]) -> str:
    if not times:
        return f"none {word}"
    first, last = min(times.values()), max(times.values())
    nodes = ", ".join(sorted({life.node for life in times}))
    return f"{len(times)} {word} on {nodes} after {first:.1f} to {last:.1f} s"


def _told(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
