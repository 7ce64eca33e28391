"""Which cluster file is in force: the one that a key in etcd names. Who goes by another one is kept out.

The first core node writes the key. It is changed only together with the seat of the leader, by a candidate
that knows a majority of the core nodes to go by the new file: each announces its own when it starts. Every
renewal of a lease compares the key, so that nobody holds one under a file that is not in force.
"""

from __future__ import annotations

from collections.abc import Collection

from tuiconsole.coordination.etcd.observation import Observation
from tuiconsole.coordination.etcd.records import Agreed, Announced, Damaged, decode
from tuiconsole.model.agreement import Agreement, in_words


class Concord:
    """One node's file, and whether it is the one in force."""

    def __init__(self, agreement: Agreement, candidates: Collection[str]) -> None:
        """`candidates`: the core nodes of this node's file."""
        self.mine = Agreed(agreement.safety_digest, dict(agreement.safety))
        self.kept_out: str | None = None
        """Why this node gets no lease, in words, as of the last look at the key."""
        self._candidates = frozenset(candidates)

    def fits(self, value: bytes) -> bool:
        """Whether the key holds this node's file.

        Raises:
            Damaged: it holds something else.
        """
        agreed = decode(value, Agreed)
        self.kept_out = None
        if agreed.digest != self.mine.digest:
            what = in_words(self.mine.safety, agreed.safety) or "what safety rests on"
            self.kept_out = (
                f"it is kept out: its cluster file differs from the one in force in {what}; "
                "give it that one and start its agent again"
            )
        return self.kept_out is None

    def overrules(self, observation: Observation) -> bool:
        """Whether a majority of the core nodes goes by this node's file, whatever the key holds."""
        going = 0
        for name in self._candidates:
            seen = observation.seen.get(observation.keys.core(name))
            try:
                going += seen is not None and decode(seen.entry.value, Announced).digest == self.mine.digest
            except Damaged:
                continue
        return going > len(self._candidates) // 2
