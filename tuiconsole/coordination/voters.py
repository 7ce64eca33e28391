"""Who votes.

The voter set of a cluster, its majority, and the digests by which messages and disks are told apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


class VoterSet:
    """The core nodes of one cluster, and what else all must have agreed on to hear each other."""

    def __init__(self, cluster: str, names: Iterable[str], agreed: str = "") -> None:
        """A set of voters.

        Args:
            cluster: its name.
            names: of the core nodes.
            agreed: digest of what safety rests on in the cluster file (model.agreement).
        """
        self.cluster = cluster
        self.names: tuple[str, ...] = tuple(sorted(set(names)))
        if not self.names:
            raise ValueError("a cluster needs at least one core node")
        self.majority = len(self.names) // 2 + 1
        self.names_digest = _digest("voters", cluster, *self.names)
        """Of cluster and names: on each voter's disk, where it outlives a change of everything else."""
        self.agreed = agreed
        self.digest = _digest("agreed", self.names_digest, agreed)
        """Of all of it: carried by the messages that any node may send."""

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.names)

    def founded_digest(self, members: Mapping[str, str]) -> str:
        """Of the names and the voter ids they were founded with.

        A voter that lost its state cannot produce it.
        """
        return _digest("members", self.digest, *(f"{name}={members[name]}" for name in sorted(members)))

    def majority_value(self, values: Mapping[str, float]) -> float | None:
        """The greatest x for which a majority of the voters has a value of at least x.

        None without a majority.
        """
        if len(values) < self.majority:
            return None
        return sorted(values.values(), reverse=True)[self.majority - 1]
