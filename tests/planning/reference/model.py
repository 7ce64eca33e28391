"""The rules' semantics once more, as plainly as they can be said: nothing here is taken from the product."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

WEIGHT = (
    "CONTINUE", "RESTART_PROCESS", "RESTART_APPLICATION", "STOP_APPLICATION", "RESTART", "SHUTDOWN",
)  # fmt: skip
"""Lightest first."""


class Machine(NamedTuple):
    """A node."""

    name: str
    host: str
    tags: tuple[str, ...]
    running: bool
    programs: frozenset[str]
    load: int


def eligible(identifiers: Sequence[str], machines: Sequence[Machine], sign: str, number: int) -> list[str]:
    """Who may host by the rules, in order."""
    order: list[str] = []
    for identifier in identifiers:
        named = [m.name for m in machines if m.name == identifier]
        tagged = [m.name for m in machines if identifier == "*" or identifier in m.tags]
        order += [name for name in (named or tagged) if name not in order]
    if not sign:
        return order
    if number < 1 or not order:
        return []
    if sign == "@":
        return order[number - 1 : number]
    return [(order * (number // len(order) + 1))[number - 1]]


def choose(
    machines: Sequence[Machine],
    order: Sequence[str],
    needs: frozenset[str],
    load: int,
    strategy: str,
    here: str,
) -> str | None:
    """Where it goes: by trying all."""
    hosts: dict[str, int] = {}
    for machine in machines:
        hosts[machine.host] = hosts.get(machine.host, 0) + machine.load
    by_name = {machine.name: machine for machine in machines}
    able = [
        name
        for name in order
        if by_name[name].running
        and needs <= by_name[name].programs
        and hosts[by_name[name].host] + load <= 100
        and (strategy != "LOCAL" or name == here)
    ]
    if not able:
        return None
    if strategy in ("CONFIG", "LOCAL"):
        return able[0]
    ranked = []
    for place, name in enumerate(able):
        own, whole = by_name[name].load, hosts[by_name[name].host]
        used = (whole, own) if strategy.endswith("_NODE") else (own, whole)
        sense = -1 if strategy.startswith("MOST") else 1
        ranked.append((sense * used[0], sense * used[1], place, name))
    return min(ranked)[3]


def number_of(name: str) -> int:
    """The number that ends an application's name."""
    found = re.fullmatch(r".*[-_](\d+)", name, re.DOTALL)
    return int(found[1]) if found else 0


def start_order(sequences: Mapping[str, int]) -> list[set[str]]:
    """Step by step, the least first; 0 does not start."""
    return [{n for n, at in sequences.items() if at == step} for step in sorted({*sequences.values()} - {0})]


def stop_order(sequences: Mapping[str, int]) -> list[set[str]]:
    """The greatest first, and 0 last."""
    return [{n for n, at in sequences.items() if at == step} for step in sorted({*sequences.values()})[::-1]]


def heaviest(strategies: Sequence[str]) -> str:
    """Which one wins."""
    return max(strategies, key=WEIGHT.index)
