"""What becomes of what runs on several nodes though it must run on one.

The strategies are those of Supvisors (its manual, «Conciliation»). A SINGLE_INSTANCE application is one
double: the whole instance of a node stays or goes. Otherwise each process is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.process import Token
from tuiconsole.rulebook.rules import ConciliationStrategy, RunningFailureStrategy


class Instance(msgspec.Struct, frozen=True):
    """What one node runs of a double."""

    node: str
    token: Token | None
    """None if it was started past the lock, or its processes bear several."""
    begun: BootTime
    """When the oldest of its processes was started, on the clock of the master that says so."""
    since: str
    """The same, UTC, ISO 8601."""
    processes: tuple[str, ...]
    """The namespecs that are alive."""


Doubles = Mapping[str, Sequence[Instance]]
"""By name, an application's or a process's: its instances, two or more."""


class Fate(str, Enum):
    """What is done about doubles."""

    LEAVE = "leave"
    """Nothing: people choose."""
    KEEP = "keep"
    """One instance stays, the others are stopped."""
    STOP = "stop"
    """All are stopped, and stay so."""
    RESTART = "restart"
    """All are stopped, and then one is started."""


class Resolution(msgspec.Struct, frozen=True):
    """What a strategy makes of the doubles of one application."""

    fate: Fate
    keep: Mapping[str, str] = {}
    """By name: the node whose instance stays."""
    whole: bool = False
    """True if the whole application is meant, and not only what runs twice."""


LEFT = Resolution(Fate.LEAVE)

_AFTER_A_FAILURE = {
    RunningFailureStrategy.CONTINUE: Resolution(Fate.STOP),
    RunningFailureStrategy.RESTART_PROCESS: Resolution(Fate.RESTART),
    RunningFailureStrategy.STOP_APPLICATION: Resolution(Fate.STOP, whole=True),
    RunningFailureStrategy.SHUTDOWN: Resolution(Fate.STOP, whole=True),
    RunningFailureStrategy.RESTART_APPLICATION: Resolution(Fate.RESTART, whole=True),
    RunningFailureStrategy.RESTART: Resolution(Fate.RESTART, whole=True),
}


def oldest_first(instances: Sequence[Instance]) -> list[Instance]:
    """By age. Tokens only grow, so they tell it without any clock; where one is missing, the clocks must."""
    if all(instance.token is not None for instance in instances):
        return sorted(instances, key=lambda one: (one.token or (0, 0), one.begun, one.node))
    return sorted(instances, key=lambda one: (one.begun, one.node))


def resolve(strategy: ConciliationStrategy, doubles: Doubles, failure: RunningFailureStrategy) -> Resolution:
    """What a strategy makes of these doubles of one application.

    Args:
        strategy: of its rules, or of a person.
        doubles: all of them.
        failure: the running failure strategy that outweighs those of the other processes concerned.
    """
    if strategy is ConciliationStrategy.SENICIDE:
        return Resolution(Fate.KEEP, {name: oldest_first(found)[-1].node for name, found in doubles.items()})
    if strategy is ConciliationStrategy.INFANTICIDE:
        return Resolution(Fate.KEEP, {name: oldest_first(found)[0].node for name, found in doubles.items()})
    if strategy is ConciliationStrategy.STOP:
        return Resolution(Fate.STOP)
    if strategy is ConciliationStrategy.RESTART:
        return Resolution(Fate.RESTART)
    if strategy is ConciliationStrategy.RUNNING_FAILURE:
        return _AFTER_A_FAILURE[failure]
    return LEFT


def keep_on(node: str, doubles: Doubles) -> Resolution:
    """A person's choice: the instances of one node stay; what does not run there is left."""
    return Resolution(
        Fate.KEEP,
        {name: node for name, found in doubles.items() if any(one.node == node for one in found)},
    )


def in_words(
    strategy: ConciliationStrategy, instances: Sequence[Instance], failure: RunningFailureStrategy
) -> str:
    """What a strategy would do to one double."""
    resolution = resolve(strategy, {"": instances}, failure)
    if resolution.fate is Fate.LEAVE:
        return "nothing happens by itself: people choose"
    if resolution.fate is Fate.KEEP:
        stays = resolution.keep[""]
        go = " and ".join(sorted(one.node for one in instances if one.node != stays))
        age = "youngest" if strategy is ConciliationStrategy.SENICIDE else "oldest"
        return f"{stays} keeps it (the {age}), {go} stops it"
    whole = "the whole application is" if resolution.whole else "all are"
    then = ", then one is started" if resolution.fate is Fate.RESTART else ""
    because = f" ({failure.value})" if strategy is ConciliationStrategy.RUNNING_FAILURE else ""
    return f"{whole} stopped{then}{because}"
