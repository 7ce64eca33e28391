"""What happened, in words, for the event log of operators and for scripts that follow."""

from __future__ import annotations

from enum import Enum

import msgspec


class Severity(str, Enum):
    """How much an operator should care."""

    INFO = "info"
    MINOR = "minor"
    MAJOR = "major"


class Event(msgspec.Struct, frozen=True, gc=False):
    """One line of the event log."""

    at: str
    """UTC, ISO 8601 with milliseconds, of the node that saw it."""
    node: str
    """The node it was seen on, or that decided it."""
    kind: str
    """`process`, `application`, `node`, `master`, `request` or `agent`."""
    subject: str
    """The namespec, application, node or request id that it is about."""
    text: str
    severity: Severity = Severity.INFO
    id: str = ""
    """`node/incarnation-of-agent/number`: the same event reaching an observer twice has the same id."""
