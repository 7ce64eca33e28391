"""The rules in force for applications and programs, after aliases, models, names and patterns are resolved.

The words and their meaning are those of Supvisors' rules files (its manual, chapter «Rules File»).
"""

from __future__ import annotations

import re
from enum import Enum

import msgspec

from tuiconsole.rulebook.formula import Formula, parse_formula
from tuiconsole.source.errors import Location

ANY = "*"
"""The identifier that every node bears."""
NUMBERED = re.compile(r"[-_]0*([1-9][0-9]*)$")
"""How the name of an application ends that the sign # deals a node to; group 1 is its number."""


class Distribution(str, Enum):
    """Over how many nodes the processes of one application may be spread."""

    ALL_INSTANCES = "ALL_INSTANCES"
    SINGLE_INSTANCE = "SINGLE_INSTANCE"
    SINGLE_NODE = "SINGLE_NODE"


class StartingStrategy(str, Enum):
    """How a node is chosen among those that may host."""

    CONFIG = "CONFIG"
    LESS_LOADED = "LESS_LOADED"
    MOST_LOADED = "MOST_LOADED"
    LOCAL = "LOCAL"
    LESS_LOADED_NODE = "LESS_LOADED_NODE"
    MOST_LOADED_NODE = "MOST_LOADED_NODE"


class StartingFailureStrategy(str, Enum):
    """What becomes of a start job when a required process cannot be started."""

    ABORT = "ABORT"
    STOP = "STOP"
    CONTINUE = "CONTINUE"


class RunningFailureStrategy(str, Enum):
    """What is done when a process of a running application ends unexpectedly."""

    CONTINUE = "CONTINUE"
    RESTART_PROCESS = "RESTART_PROCESS"
    STOP_APPLICATION = "STOP_APPLICATION"
    RESTART_APPLICATION = "RESTART_APPLICATION"
    SHUTDOWN = "SHUTDOWN"
    RESTART = "RESTART"


class Isolation(str, Enum):
    """What a node that lost the majority of the voters does with an application."""

    STOP = "STOP"
    KEEP = "KEEP"
    ALLOW = "ALLOW"


class Sign(str, Enum):
    """How the members of a numbered family share out the nodes of `identifiers`; one node each.

    The members are the processes of one program with `numprocs`, in the order of their numbers. `#` also
    stands for applications, whose number N ends their name: `-N` or `_N`, from 1.
    """

    HASH = "#"
    """The Nth member has the Nth node; with more members than nodes, it begins again with the first."""
    AT = "@"
    """The same, but a node has one member at most: those in excess have no node. For programs only."""


class ConciliationStrategy(str, Enum):
    """What is done when something runs on several nodes though it must run on one."""

    SENICIDE = "SENICIDE"
    """The youngest instance stays."""
    INFANTICIDE = "INFANTICIDE"
    """The oldest instance stays."""
    USER = "USER"
    """It is shown, and people choose."""
    STOP = "STOP"
    """All instances are stopped."""
    RESTART = "RESTART"
    """All instances are stopped, then one is started."""
    RUNNING_FAILURE = "RUNNING_FAILURE"
    """All instances are stopped, then the running failure strategy is applied."""


class ReadyCheck(msgspec.Struct, frozen=True):
    """When a process that is RUNNING counts as ready, so that the next step may start.

    One of the first three is set. A word of ours, of the TOML form only.
    """

    tcp: str = ""
    """HOST:PORT that accepts a connection, seen from the node of the process; [ADDRESS]:PORT for IPv6."""
    file: str = ""
    """A path on that node that exists."""
    command: str = ""
    """A command, split as a shell would but run without one, that ends with 0."""
    interval: float = 1.0
    """Seconds from one look to the next, 0.1 to 3600."""
    timeout: float = 60.0
    """Seconds after RUNNING in which it must be ready, 0.1 to 86400; then it counts as a starting failure."""


class FlapLimit(msgspec.Struct, frozen=True):
    """So many restarts within so long hold an application until somebody clears it. A word of TOML only."""

    restarts: int
    """1 to 1000."""
    within: float
    """Seconds, 1 to 86400."""


class ProgramRules(msgspec.Struct, frozen=True):
    """The rules of one program of a managed application."""

    identifiers: tuple[str, ...] = ("*",)
    """Names of nodes or of tags; `*` is any. Aliases are resolved already, and the sign is not among them."""
    sign: Sign | None = None
    """Set: `identifiers` is what the numbered processes of the program share out."""
    start_sequence: int = 0
    """0: not started with its application."""
    stop_sequence: int = 0
    required: bool = False
    wait_exit: bool = False
    """The next sequence waits until it has exited as expected."""
    expected_loading: int = 0
    """Percent of its host, 0 to 100."""
    start_timeout: float | None = None
    """Seconds that a `wait_exit` program may run, 0.1 to 86400; None: as long as it likes."""
    ready: ReadyCheck | None = None
    starting_failure_strategy: StartingFailureStrategy = StartingFailureStrategy.ABORT
    running_failure_strategy: RunningFailureStrategy = RunningFailureStrategy.CONTINUE
    origin: Location | None = None
    """Where the rule stands; None for a program of a managed application that no rule names."""


class ApplicationRules(msgspec.Struct, frozen=True):
    """The rules of one managed application. An unmanaged one has none."""

    name: str
    distribution: Distribution = Distribution.ALL_INSTANCES
    identifiers: tuple[str, ...] = ("*",)
    """For the processes of SINGLE_INSTANCE and SINGLE_NODE applications, instead of the programs' own."""
    sign: Sign | None = None
    """HASH: `identifiers` is what the applications that end in a number share out. Never AT."""
    start_sequence: int = 0
    """0: not started automatically. Greater numbers start later."""
    stop_sequence: int = 0
    starting_strategy: StartingStrategy = StartingStrategy.CONFIG
    starting_failure_strategy: StartingFailureStrategy = StartingFailureStrategy.ABORT
    running_failure_strategy: RunningFailureStrategy = RunningFailureStrategy.CONTINUE
    isolation: Isolation = Isolation.STOP
    conciliation: ConciliationStrategy = ConciliationStrategy.USER
    operational_status: str = ""
    """A formula that `parse_formula` reads; empty if there is none."""
    flap_limit: FlapLimit | None = None
    origin: Location | None = None

    @property
    def formula(self) -> Formula | None:
        """The operational status, ready to be judged."""
        return parse_formula(self.operational_status) if self.operational_status else None
