"""What the operator has selected: actions are asked for it, details are shown of it."""

from __future__ import annotations

from enum import Enum

import msgspec


class Kind(str, Enum):
    """What a subject is."""

    NOTHING = "nothing"
    APPLICATION = "application"
    PROCESS = "process"
    NODE = "node"
    EVENT = "event"
    CONFLICT = "conflict"


class Subject(msgspec.Struct, frozen=True):
    """A selected thing, told by its key: an application's name, a namespec, a node's name, an event's key."""

    kind: Kind = Kind.NOTHING
    key: str = ""

    @classmethod
    def of_tree(cls, key: str) -> Subject:
        """The subject of a row of the tree."""
        if not key:
            return cls()
        return cls(Kind.PROCESS if ":" in key else Kind.APPLICATION, key)
