"""The signs `#` and `@` among identifiers: the Nth of the nodes for the Nth of those that bear the rule.

As in Supvisors (its manual, «Using patterns and signs»). What is counted of an application is the number that
its name ends with; of a process, its place among those of its application whose names differ in their last
number only, which is what `numprocs` makes; where `numprocs_start` begins is of no consequence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from tuiconsole.rulebook.rules import Sign

_NUMBERED = re.compile(r"[-_]([0-9]{1,9})$")
_LAST_NUMBER = re.compile(r"([0-9]{1,18})(?!.*[0-9])")


class Share(msgspec.Struct, frozen=True):
    """What a sign leaves of the nodes: one, or none, and why, in words."""

    nodes: tuple[str, ...]
    words: str


def number_of(application: str) -> int:
    """Which one of its kind an application is, from 1, by the `-N` or `_N` at its name's end; 0 if none."""
    found = _NUMBERED.search(application)
    return int(found[1]) if found else 0


def numbers_of(namespecs: Sequence[str]) -> dict[str, int]:
    """Which one of its homogeneous group each process of one application is, from 1."""
    groups: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for namespec in namespecs:
        name = namespec.partition(":")[2]
        found = _LAST_NUMBER.search(name)
        stem = (name[: found.start()], name[found.end() :]) if found else (name, "")
        groups.setdefault(stem, []).append((int(found[1]) if found else 0, namespec))
    return {
        namespec: place
        for members in groups.values()
        for place, (_, namespec) in enumerate(sorted(members), 1)
    }


def share(sign: Sign, number: int, nodes: Sequence[str]) -> Share:
    """The node that a sign gives to the one of this number.

    Args:
        sign: HASH begins again with the first node when there are more of them than nodes, AT does not.
        number: from 1; 0 for an application whose name ends with none.
        nodes: those that the sign counts, in order.
    """
    among = ", ".join(nodes)
    if number < 1:
        return Share((), f"{sign.value} needs a name that ends with -N or _N, N from 1")
    if not nodes:
        return Share((), f"{sign.value} finds no node to count")
    if sign is Sign.AT and number > len(nodes):
        return Share((), f"@ gives one to each of {among}, and this is number {number}")
    return Share((nodes[(number - 1) % len(nodes)],), f"{sign.value} gives number {number} among {among}")
