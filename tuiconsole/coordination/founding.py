"""The first boot: voters may vote once all of them were blank and present together (rule 1).

A voter that finds no record makes one with a random id and shows it. When it has seen the ids of all the
others, none of them founded, it writes them down as the members. A voter that is not founded, and that a
founded one knows under another id, has lost its state: it could break promises it does not remember, so it
stays silent.

One that loses its disk in the second of the first boot can be founded again by what the others showed before
and what comes late. It is a member of a set that nobody else belongs to, so it decides nothing; it gives that
up when it hears of the others' set.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuiconsole.clock import BootTime
from tuiconsole.coordination.messages import Hello
from tuiconsole.coordination.readmission import NOBODY, replaced
from tuiconsole.coordination.voters import VoterSet

HELLO_INTERVAL = 0.1
"""Seconds between two shows of a voter that is not yet founded."""
PRESENT = 1.0
"""Seconds for which a voter that showed itself counts as present."""


class Founding:
    """Whether this voter belongs to the founded set of voters."""

    def __init__(
        self,
        name: str,
        voters: VoterSet,
        voter_id: str,
        members: Mapping[str, str],
        generation: int = 0,
        readmits: tuple[str, str] = NOBODY,
    ) -> None:
        self.name = name
        self.voters = voters
        self.voter_id = voter_id
        self.members = dict(members)
        self.wiped: str | None = None
        """Why this voter stays silent, in words."""
        self.next_hello: BootTime = float("-inf")
        self._seen: dict[str, tuple[str, BootTime]] = {}
        self.digest = voters.founded_digest(self.members)
        self.generation = generation
        """How often a member was replaced, as far as is known here."""
        self.readmits = readmits
        self._agreed: set[str] = set()
        """Voters that have written the wish down."""

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
        return Hello(
            self.voters.cluster,
            self.voters.digest,
            self.name,
            self.voter_id,
            self.members,
            answer,
            self.generation,
            (self.name, self.voter_id) if self.wiped is not None else self.readmits,
        )

    def meet(self, now: BootTime, hello: Hello) -> bool:
        """Take what another voter shows; True if this voter is founded by it."""
        if self.founded or hello.sender not in self.voters:
            return False
        if hello.members:
            if hello.generation < self.generation:
                return False
            self.generation = hello.generation
            known = hello.members.get(self.name)
            if known == self.voter_id and tuple(sorted(hello.members)) == self.voters.names:
                self.wiped = None
                # After a readmission, only what the others remember founds this voter.
                return hello.generation == 0 and self.found(hello.members)
            self.wiped = self._wiped(known)
            return False
        if hello.readmits != NOBODY:
            return False
        self._seen[hello.sender] = (hello.voter_id, now)
        return self.found_if_complete(now)

    def is_alone(self, hello: Hello) -> bool:
        """Whether the sender's set is that which this voter belonged to before it lost its disk.

        It names the same others by the same ids. A core that was recovered gave all of them new ones: it does
        not believe what an old disk shows.
        """
        known = hello.members.get(self.name, self.voter_id)
        return (
            known != self.voter_id
            and hello.generation == self.generation
            and hello.members == replaced(self.members, (self.name, known))
        )

    def give_up(self, hello: Hello) -> None:
        """Be a member of no set: this voter founded one in which it is alone."""
        self.members = {}
        self.readmits = NOBODY
        self.digest = self.voters.founded_digest(self.members)
        self.wiped = self._wiped(hello.members[self.name])
        self._seen.clear()
        self._agreed.clear()

    def _wiped(self, known: str | None) -> str:
        return (
            f"{self.name} has lost its voter state (the cluster knows it as voter {known}, "
            f"its disk says {self.voter_id}): it stays silent as a voter; restore its state folder, or, "
            f"if that is gone for good: tuiconsole quorum readmit {self.name}"
        )

    def found_if_complete(self, now: BootTime) -> bool:
        """Found the set of voters if all are blank and present."""
        if self.founded or self.wiped:
            return False
        ids = {name: voter_id for name, (voter_id, at) in self._seen.items() if at >= now - PRESENT}
        ids[self.name] = self.voter_id
        return tuple(sorted(ids)) == self.voters.names and self.found(ids)

    # -- readmission: the others' side -----------------------------------------------------------------------

    def wish(self, now: BootTime, name: str) -> str | None:
        """Want a voter back that has lost its disk. Why that cannot be, in words; None if it is done."""
        if not self.founded:
            return f"{self.name} is no member itself"
        if name not in self.voters or name == self.name:
            return f"{name} is no other core node"
        voter_id, at = self._seen.get(name, ("", float("-inf")))
        if self.readmits != NOBODY:
            if self.readmits == (name, voter_id):
                return None
            return f"{self.readmits[0]} is being readmitted; all other core nodes must be up to complete that"
        if at < now - PRESENT:
            return (
                f"{name} is not heard as a voter without memory; "
                "start its agent first, with an empty state folder"
            )
        if self.members[name] == voter_id:
            return None
        self.readmits = (name, voter_id)
        return None

    def see_blank(self, now: BootTime, hello: Hello) -> None:
        """A voter that knows that it has lost its disk has shown itself to this one, which is founded.

        It has heard of this very generation: what it said before another one, and comes late, is not counted.
        """
        lost = not hello.members and hello.readmits == (hello.sender, hello.voter_id)
        if lost and hello.sender in self.voters and hello.generation == self.generation:
            self._seen[hello.sender] = (hello.voter_id, now)

    def agree(self, hello: Hello) -> bool:
        """Take another member's wish, or its word that it has replaced the member.

        True if this voter's own wish or its members have changed: that is to be on disk before it is shown.
        """
        wish = self.readmits
        if hello.generation == self.generation and hello.members == self.members:
            if hello.readmits in (NOBODY, (self.name, self.voter_id)) or hello.readmits[0] == self.name:
                return False
            if wish == NOBODY:
                self.readmits = hello.readmits
                self._agreed.add(hello.sender)
                return True
            if wish != hello.readmits:
                return False
            self._agreed.add(hello.sender)
        elif (
            wish != NOBODY
            and hello.generation == self.generation + 1
            and hello.members == replaced(self.members, wish)
        ):
            # It has replaced the member, so it knew of all others, this one too, that they had the wish.
            self._agreed.update(self.voters.names)
        return False

    @property
    def agreed(self) -> bool:
        """Whether all the others, but the one that is wished for, have written the wish down."""
        others = set(self.voters.names) - {self.name, self.readmits[0]}
        return self.readmits != NOBODY and others <= self._agreed

    def replace(self) -> None:
        """Replace the member. Call it when the wish is on the disks of all, this one included."""
        members = replaced(self.members, self.readmits)
        self.generation += 1
        self.readmits = NOBODY
        self._agreed.clear()
        self.found(members)

    def found(self, members: Mapping[str, str]) -> bool:
        """Be a member of this set."""
        self.members = dict(members)
        self.wiped = None
        self.digest = self.voters.founded_digest(self.members)
        return True
