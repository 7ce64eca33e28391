"""Voters around a table: a test passes each message by hand, or lets them all through."""

from __future__ import annotations

import random
from typing import Any

from tuiconsole.coordination.paxos.acceptor import Stamp
from tuiconsole.coordination.paxos.voter import Voter
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

TIMING = Timing()


class Table:
    """Founded voters, a clock, and the messages under way."""

    def __init__(self, names: str = "abc") -> None:
        self.voters = VoterSet("table", names)
        self.now = 100.0
        self.members = {name: f"id {name}" for name in names}
        self.disks = {name: VoterRecord(f"id {name}", self.members) for name in names}
        self.voter: dict[str, Voter] = {}
        self.under_way: list[tuple[str, str, Any]] = []
        self.cut: set[str] = set()
        self.results: list[tuple[int, Any]] = []
        for name in names:
            self.boot(name)

    def boot(self, name: str) -> Voter:
        return self.boot_with(name, self.voters)

    def boot_with(self, name: str, voters: VoterSet, timing: Timing = TIMING) -> Voter:
        """Start a voter that goes by a cluster file of its own."""
        self.voter[name] = Voter(name, voters, timing, self.disks[name], self.now, random.Random(name))
        return self.voter[name]

    def collect(self, *, sync: bool = True) -> None:
        for name, voter in self.voter.items():
            while sync and (due := voter.record_due()):
                self.disks[name] = due[1]
                voter.stored(self.now, due[0])
            self.under_way += ((name, to, message) for to, message in voter.outbox)
            voter.outbox.clear()
            self.results += voter.results
            voter.results.clear()

    def settle(self) -> None:
        """Pass all messages, except to and from those that are cut off, and sync all disks."""
        self.collect()
        while self.under_way:
            sender, to, message = self.under_way.pop(0)
            if sender not in self.cut and to not in self.cut and to in self.voter:
                self.voter[to].receive(self.now, sender, message)
            self.collect()

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now = round(self.now + 0.01, 6)
            for voter in self.voter.values():
                if voter.next_timer <= self.now:
                    voter.tick(self.now)
            self.settle()

    def leads(self) -> list[str]:
        return [name for name, voter in self.voter.items() if voter.leadership(self.now)]

    def leader(self) -> Voter:
        (name,) = self.leads()
        return self.voter[name]

    def write(self, value: bytes, request: int = 1) -> Any:
        leader = self.leader()
        read = leader.read(self.now)
        assert read is not None
        leader.replace(self.now, request, value, Stamp(read.term, read.version))
        self.settle()
        return dict(self.results)[request]
