"""The master's report: what it adds to the view, so that whoever has both can tell the whole status."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.model.alarms import AlarmRecord
from tuiconsole.model.ledger import Cleared, Failure, Grant, Maintenance, Wish
from tuiconsole.model.states import ClusterState
from tuiconsole.planning.conciliation import Instance
from tuiconsole.rulebook.rules import ConciliationStrategy


class JobReport(msgspec.Struct, frozen=True):
    """A job that goes on, as front ends see it."""

    application: str
    kind: str
    """`start`, `stop`, `restart` or `conciliate`."""
    starting: bool
    """True while it starts, False while it stops and releases."""
    step: int
    """From 1."""
    steps: int
    waits_for: tuple[str, ...]
    """In words, each beginning with a namespec."""
    to_come: tuple[str, ...] = ()
    """Namespecs whose turn to start has not come, or is just coming: no failures, whatever they did."""
    nodes: tuple[str, ...] = ()
    requested_by: str = ""
    cause: str = ""
    """Why it goes on, in words."""
    processes: tuple[str, ...] = ()
    """Namespecs, where only a part of the application is meant."""


class Conflict(msgspec.Struct, frozen=True):
    """A name that runs on several nodes though it must run on one."""

    name: str
    nodes: tuple[str, ...]
    since: str
    strategy: ConciliationStrategy = ConciliationStrategy.USER
    """That of its rules."""
    instances: tuple[Instance, ...] = ()
    options: Mapping[str, str] = {}
    """By strategy: what it would do, in words."""
    waits: str = ""
    """What goes on about it, or what it waits for, in words."""


class DrainReport(msgspec.Struct, frozen=True):
    """A node that is kept free, and what runs there all the same."""

    by: str
    """Who has drained it, since when and why, in words."""
    stays: Mapping[str, str] = {}
    """By application or namespec: why it cannot move, in words."""


class EngineReport(msgspec.Struct, frozen=True):
    """What the master adds to the view, so that every observer can show a whole status."""

    term: int
    master: str
    version: int
    """Grows with each report of a term that differs from the last."""
    at: str
    """UTC, ISO 8601 with milliseconds."""
    state: ClusterState
    reason: str = ""
    """What keeps the cluster from OPERATION; empty if nothing does."""
    grants: Mapping[str, Grant] = {}
    wishes: Mapping[str, Wish] = {}
    jobs: Mapping[str, JobReport] = {}
    """By application."""
    failures: Mapping[str, Failure] = {}
    """By namespec: of the last start, not cleared."""
    cleared: Mapping[str, tuple[Cleared, ...]] = {}
    held: Mapping[str, str] = {}
    """By application: what it waits for, in words, though no job goes on (back-off, a silent node…)."""
    conflicts: tuple[Conflict, ...] = ()
    holds: Mapping[str, str] = {}
    """By application: why nothing but a person starts it any more, past its flap limit."""
    disabled: Mapping[str, str] = {}
    """By application or namespec: who disabled it, when and why, in words."""
    maintenance: Mapping[str, Maintenance] = {}
    """By application, or `*` for all."""
    drained: Mapping[str, DrainReport] = {}
    """By node."""
    scales: Mapping[str, int] = {}
    """By `application:program`: how many processes it has, where that differs from supervisord's files."""
    epochs: Mapping[str, int] = {}
    flapping: tuple[str, ...] = ()
    """Namespecs that have ended unexpectedly again and again of late."""
    alarms: Mapping[str, AlarmRecord] = {}
    """By identity: what the ledger remembers."""
