"""What ends the synchronization when the cluster boots: what the cluster file asks for."""

from __future__ import annotations

from enum import Enum

import msgspec


class SynchroOption(str, Enum):
    """A condition that ends it, under the names that Supvisors gives them. Any one that is asked for does."""

    STRICT = "STRICT"
    """All nodes of the cluster file are RUNNING."""
    LIST = "LIST"
    """All known nodes are: the same here, where no node is known that the cluster file does not name."""
    TIMEOUT = "TIMEOUT"
    """So many seconds have passed."""
    CORE = "CORE"
    """Those that `core_identifiers` names are RUNNING."""
    USER = "USER"
    """A person ends it."""


class Synchronization(msgspec.Struct, frozen=True):
    """The table `[synchronization]`. Without options nothing is waited for beyond quorum and settling."""

    options: tuple[SynchroOption, ...] = ()
    timeout: float = 15.0
    """Seconds, for TIMEOUT."""
    core: tuple[str, ...] = ()
    """Nodes, for CORE."""
