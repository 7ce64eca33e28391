"""The order in which the programs of an application start and stop."""

from __future__ import annotations

from collections.abc import Iterable

from tuiconsole.planning.catalogue import Program

Steps = tuple[tuple[str, ...], ...]
"""Namespecs, step by step; those of one step go at once."""


def start_steps(programs: Iterable[Program]) -> Steps:
    """Least start_sequence first; programs with 0 do not start with their application."""
    return _by_number((p.rules.start_sequence, p.namespec) for p in programs if p.rules.start_sequence > 0)


def stop_steps(programs: Iterable[Program]) -> Steps:
    """Greatest stop_sequence first; programs with none stop last, all at once."""
    return _by_number((-p.rules.stop_sequence, p.namespec) for p in programs)


def _by_number(numbered: Iterable[tuple[int, str]]) -> Steps:
    steps: dict[int, list[str]] = {}
    for number, namespec in numbered:
        steps.setdefault(number, []).append(namespec)
    return tuple(tuple(steps[number]) for number in sorted(steps))
