"""What the nodes of one cluster must agree on, as each node's cluster file and rules say it.

Two parts: what *safety* rests on, in which a difference keeps a node out, and *the rest*, in which a
difference is shown and no more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

RULES = "rules"
"""The name under which the rest holds the digest of all rules."""
SPELLED_OUT = 40
"""Longer values are not spelled out in words."""


class Agreement(msgspec.Struct, frozen=True):
    """What one node goes by: by the name of each setting, its value in words or its digest."""

    safety: Mapping[str, str]
    rest: Mapping[str, str]
    cores: tuple[str, ...] = ()
    """The names of the core nodes, which are part of `safety` with their addresses."""

    @property
    def safety_digest(self) -> str:
        """Of what safety rests on: coordination hears only those whose digest is the same."""
        return digest(self.safety)

    @property
    def rest_digest(self) -> str:
        """Of everything else, the rules included."""
        return digest(self.rest)

    def with_rules(self, rules: str) -> Agreement:
        """This, and the digest of the rules in force on the node."""
        return msgspec.structs.replace(self, rest={**self.rest, RULES: rules})


def digest(value: object) -> str:
    """Of any plain value; the same on every machine and Python."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:32]


def differing(here: Mapping[str, str], there: Mapping[str, str]) -> tuple[str, ...]:
    """The names of what differs, in the order of the file."""
    return tuple(name for name in {**here, **there} if here.get(name) != there.get(name))


def in_words(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """What differs «here», with both values where they are short: `node_lease (8, not 4)`."""
    return ", ".join(_one(name, here.get(name, ""), there.get(name, "")) for name in differing(here, there))


def _one(name: str, here: str, there: str) -> str:
    if ", " in here or ", " in there:
        mine, theirs = here.split(", "), there.split(", ")
        parts = [f"with {one}" for one in mine if one not in theirs]
        parts += [f"without {one}" for one in theirs if one not in mine]
        return f"{name} ({', '.join(parts)})"
    if max(len(here), len(there)) > SPELLED_OUT:
        return name
    return f"{name} ({here or 'none'}, not {there or 'none'})"
