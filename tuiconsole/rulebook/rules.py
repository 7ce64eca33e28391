"""The rules in force for applications and programs, after aliases, models, names and patterns are resolved.

The words and their meaning are those of Supvisors' rules files (its manual, chapter «Rules File»).
"""

from __future__ import annotations

from enum import Enum

import msgspec

from tuiconsole.source.errors import Location


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


class FlapLimit(msgspec.Struct, frozen=True):
    """How often an application may be restarted by itself before it is held for a person."""

    restarts: int
    """So many are made; the next one is not. At least 1."""
    within: float
    """Seconds in which they are counted, more than 0."""


class Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a process that is RUNNING counts as started. Exactly one of `tcp`, `file`, `command` is set.

    Each may say `%(host)s`, `%(node)s`, `%(application)s` and `%(process)s`; `%%` is a per cent sign.
    """

    tcp: str = ""
    """`host:port`: something accepts connections there."""
    file: str = ""
    """A path that exists."""
    command: tuple[str, ...] = ()
    """Program and arguments, run without a shell by the agent of the node: it exits with 0."""
    interval: float = 1.0
    """Seconds between two tries, more than 0."""
    timeout: float = 30.0
    """Seconds from RUNNING after which the start has failed, more than 0."""


class ProgramRules(msgspec.Struct, frozen=True):
    """The rules of one program of a managed application."""

    identifiers: tuple[str, ...] = ("*",)
    """Names of nodes or of tags; `*` is any. Aliases are resolved already."""
    start_sequence: int = 0
    """0: not started with its application."""
    stop_sequence: int = 0
    required: bool = False
    wait_exit: bool = False
    """The next sequence waits until it has exited as expected."""
    ready: Ready | None = None
    """The next sequence waits until it is ready; None: until it is RUNNING."""
    expected_loading: int = 0
    """Percent of its host, 0 to 100."""
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
    start_sequence: int = 0
    """0: not started automatically. Greater numbers start later."""
    stop_sequence: int = 0
    starting_strategy: StartingStrategy = StartingStrategy.CONFIG
    starting_failure_strategy: StartingFailureStrategy = StartingFailureStrategy.ABORT
    running_failure_strategy: RunningFailureStrategy = RunningFailureStrategy.CONTINUE
    isolation: Isolation = Isolation.STOP
    conciliation: ConciliationStrategy = ConciliationStrategy.USER
    flap_limit: FlapLimit | None = None
    """None: it is restarted as often as its rules ask for it."""
    operational_status: str = ""
    origin: Location | None = None
