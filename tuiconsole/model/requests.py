"""What can be asked of the cluster and how it ends: words shared by front ends, wire, ledger and engine."""

from __future__ import annotations

from enum import Enum

import msgspec


class Action(str, Enum):
    """What can be asked for."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    CANCEL = "cancel"
    """End a start or restart that goes on, as a stop does; refused if nothing goes on."""
    CLEAR = "clear"
    CONCILIATE = "conciliate"
    """End a conflict: have one instance stay, or all stopped, or one started anew."""
    DISABLE = "disable"
    """Nothing starts it any more, until it is enabled."""
    ENABLE = "enable"
    MAINTAIN = "maintenance"
    """Of applications, or `*` for all: nothing is done to them by itself for a while."""
    DRAIN = "drain"
    """Of nodes: what may move away does, and nothing new is started there."""
    UNDRAIN = "undrain"
    """Of nodes: they take applications again."""
    SCALE = "scale"
    """Of a program, `application:program`: so many processes of it there are on every node."""
    CONFIRM_DEAD = "confirm-dead"
    """Of nodes, not of applications: a person vouches that nothing of them runs any more."""
    SHUTDOWN = "shutdown"
    """Of the whole cluster, by its name: stop all applications in order; then the agents end."""
    RELOAD = "reload"
    """The same, and the agents are started again."""
    END_SYNC = "end-sync"
    """Of the whole cluster: all are there who will come, so that what starts by itself may start."""
    ACKNOWLEDGE = "acknowledge"
    """Of alarms, as those that follow: somebody has seen it."""
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    OUT_OF_SERVICE = "out-of-service"
    RETURN_TO_SERVICE = "return-to-service"


OF_THE_CLUSTER = frozenset({Action.SHUTDOWN, Action.RELOAD, Action.END_SYNC})
"""What is asked of the cluster as a whole: the target is its name."""


ALARM_ACTIONS = frozenset(
    {
        Action.ACKNOWLEDGE,
        Action.SHELVE,
        Action.UNSHELVE,
        Action.OUT_OF_SERVICE,
        Action.RETURN_TO_SERVICE,
    }
)
"""What is asked of alarms: their targets are identities of alarms."""


ALL = "*"
"""The target of a maintenance of the whole system."""
OF_NODES = frozenset((Action.CONFIRM_DEAD, Action.DRAIN, Action.UNDRAIN))
"""Actions whose targets are nodes."""


class Verdict(str, Enum):
    """How a request ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """No answer in time: it may or may not have been carried out; ask the status."""
    NO_ANSWER = "no_answer"
    """Nothing was reached, or there is no quorum: nothing was carried out."""


class Progress(msgspec.Struct, frozen=True, tag=True):
    """A step of a request that goes on, in words; `step` of `steps` of its start or stop sequence."""

    target: str
    text: str
    step: int = 0
    steps: int = 0


class Outcome(msgspec.Struct, frozen=True, tag=True):
    """The end of one target of a request, with a reason a person can act on."""

    target: str
    """The application or namespec that was named."""
    verdict: Verdict
    text: str
    """`started`, `stopped`, `cleared`, or why not."""
    nodes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    """What there is to say beside it, a line each."""
