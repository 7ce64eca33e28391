"""All timings in one place, each with its reason. Seconds."""

from __future__ import annotations

import msgspec


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[timing]` table of the cluster file. All values in seconds.

    Safety rests on those in `SAFETY`: nodes that differ in them are kept out. The others only set the pace.
    """

    heartbeat: float = 0.5
    """Between two heartbeats of an agent on the mesh. What happens is published at once: this shows its
    age and repairs gaps; no promise rests on it, and every agent hears every other's."""
    renewal: float = 0.4
    """Between two renewals of a node's lease with each voter: ten fit in one lease, so that lost packets or a
    stall cost nothing. They are most of what an idle voter does; at 0.2 s it used twice as much CPU."""
    leader_beat: float = 0.2
    """Between two renewals of the leader's lease: three fit in it, and followers notice its death soon."""
    election_min: float = 0.8
    """A voter that heard its leader within this time refuses a candidate (stickiness)."""
    election_max: float = 1.2
    """The latest a voter waits before it stands for election; the spread settles most collisions."""
    leader_lease: float = 0.7
    """A leader acts only within this time of a round that a majority acknowledged; it must be shorter than
    election_min, so that the old leader has stopped acting before another can be elected."""
    node_lease: float = 4.0
    """How long a node may run managed applications without the acknowledgement of a majority of voters.
    Longer than any election (so that no master's death touches an application), and no longer than an
    operator waits for an application to come back."""
    margin: float = 0.2
    """Added by voters before they call a lease over: covers clock drift over a lease and rounding."""
    stop_before: float = 1.0
    """Before the end of its lease an isolated node sends SIGTERM this early."""
    kill_before: float = 0.4
    """… and its plugin SIGKILL this early."""
    shim_kill_before: float = 0.25
    """… and the shim this early, should supervisord hang."""
    settle: float = 1.0
    """After the first quorum, how long a new master waits for nodes before it distributes applications."""
    start_timeout: float = 30.0
    """How long a process may stay STARTING after its start was commanded, beyond the program's startsecs."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 0 < getattr(self, name) <= 3600:
                raise ValueError(f"{name} must be more than 0 and at most 3600 seconds")
        if not self.leader_lease < self.election_min <= self.election_max:
            raise ValueError("leader_lease < election_min <= election_max must hold")
        if not self.shim_kill_before < self.kill_before < self.stop_before < self.node_lease:
            raise ValueError("shim_kill_before < kill_before < stop_before < node_lease must hold")
        if self.node_lease < self.election_max + self.stop_before - 0.4:
            raise ValueError("node_lease must be longer than an election and the stop before its end")


SAFETY = (
    "node_lease",
    "margin",
    "leader_lease",
    "election_min",
    "stop_before",
    "kill_before",
    "shim_kill_before",
)
"""Voters and nodes count on each other's: how long a lease is waited for, that a leader has stopped acting
when another is elected, that what a lease covered has ended when it is over."""

PROFILES: dict[str, Timing] = {
    "default": Timing(),
    "fast": Timing(node_lease=2.0),
}
