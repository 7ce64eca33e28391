"""The first boot: voters may vote once all of them were blank and present together (rule 1).

A voter that finds no record makes one with a random id and shows it. When it has seen the ids of all the
others, none of them founded, it writes them down as the members. A voter that is not founded, and that a
founded one knows under another id, has lost its state: it could break promises it does not remember, so it
stays silent.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuiconsole.clock import BootTime
from tuiconsole.coordination.messages import Hello
from tuiconsole.coordination.voters import VoterSet

HELLO_INTERVAL = 0.1
"""Seconds between two shows of a voter that is not yet founded."""
PRESENT = 1.0
"""Seconds for which a voter that showed itself counts as present."""


class Founding:
    """Whether this voter belongs to the founded set of voters."""

    def __init__(self, name: str, voters: VoterSet, voter_id: str, members: Mapping[str, str]) -> None:
        self.name = name
        self.voters = voters
        self.voter_id = voter_id
        self.members = dict(members)
        self.wiped: str | None = None
        """Why this voter stays silent, in words."""
        self.next_hello: BootTime = float("-inf")
        self._seen: dict[str, tuple[str, BootTime]] = {}
        self.digest = voters.founded_digest(self.members)

    @property
    def founded(self) -> bool:
        """Whether this voter may vote."""
        return bool(self.members)

    def trouble(self, now: BootTime) -> str | None:
        """Why this voter does not vote."""
        if self.wiped is not None:
            return self.wiped
        if self.founded:
            return None
        missing = [
            name
            for name in self.voters.names
            if name != self.name and self._seen.get(name, ("", float("-inf")))[1] < now - PRESENT
        ]
        return (
            f"{self.name} waits for the first boot: all voters must be present together; "
            f"not seen: {', '.join(missing) or 'none'}"
        )

    def hello(self, *, answer: bool) -> Hello:
        """What this voter shows of itself."""
        return Hello(self.voters.cluster, self.voters.digest, self.name, self.voter_id, self.members, answer)

    def meet(self, now: BootTime, hello: Hello) -> bool:
        """Take what another voter shows; True if this voter is founded by it."""
        if self.founded or hello.sender not in self.voters:
            return False
        if hello.members:
            known = hello.members.get(self.name)
            if known == self.voter_id and tuple(sorted(hello.members)) == self.voters.names:
                return self._found(hello.members)
            self.wiped = (
                f"{self.name} has lost its voter state (the cluster knows it as voter {known}, "
                f"its disk says {self.voter_id}): it stays silent as a voter; "
                "restore its state folder"
            )
            return False
        self._seen[hello.sender] = (hello.voter_id, now)
        return self.found_if_complete(now)

    def found_if_complete(self, now: BootTime) -> bool:
        """Found the set of voters if all are blank and present."""
        if self.founded or self.wiped:
            return False
        ids = {name: voter_id for name, (voter_id, at) in self._seen.items() if at >= now - PRESENT}
        ids[self.name] = self.voter_id
        return tuple(sorted(ids)) == self.voters.names and self._found(ids)

    def _found(self, members: Mapping[str, str]) -> bool:
        self.members = dict(members)
        self.wiped = None
        self.digest = self.voters.founded_digest(self.members)
        return True
