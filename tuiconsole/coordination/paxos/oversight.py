"""The leader's side of node leases: what the voters say about them, and epochs on their way up.

It acts for whoever leads at the moment; a term's knowledge and questions end with that term.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuiconsole.clock import BootTime
from tuiconsole.coordination.leases.raising import EpochRaise
from tuiconsole.coordination.messages import EpochAnswer, RaiseEpoch, SeenLease
from tuiconsole.coordination.paxos.outcomes import EpochHeld, EpochRaised, Failure, Result
from tuiconsole.coordination.paxos.post import Post

ANY_EPOCH = 2**53
"""Asked for in a dry question: greater than every epoch in use."""


class Oversight:
    """What a leader knows of the nodes' leases, and does about them."""

    def __init__(self, post: Post, results: list[tuple[int, Result]]) -> None:
        """`results` takes the outcome of each request."""
        self._post = post
        self._results = results
        self._raises: dict[int, EpochRaise] = {}
        self._asked = 0
        self._seen: dict[str, tuple[BootTime, Sequence[SeenLease]]] = {}
        """What each other voter last said about the nodes, and when it was received."""

    def begin(self) -> None:
        """A new term: nothing was said in it yet."""
        self._seen.clear()

    def end(self) -> None:
        """Leadership is lost."""
        self._results += ((request, Failure.LOST_LEADERSHIP) for request in self._raises)
        self._raises.clear()

    # -- what the voters say ---------------------------------------------------------------------------------

    def heard(self, now: BootTime, voter: str, leases: Sequence[SeenLease]) -> None:
        """A voter says how it sees the nodes."""
        self._seen[voter] = (now, leases)

    def epochs(self, now: BootTime, own: Sequence[SeenLease]) -> dict[str, int]:
        """The epoch of each node below which none is held, as a majority of voters says.

        `own` is how this voter sees the nodes now.
        """
        epochs: dict[str, dict[str, float]] = {}
        for voter, (_, leases) in self._views(now, own).items():
            for one in leases:
                epochs.setdefault(one.node, {})[voter] = one.epoch
        # A voter that was heard and names no epoch has none.
        proven = {node: self._post.voters.majority_value(known) for node, known in epochs.items()}
        return {node: int(epoch) for node, epoch in proven.items() if epoch}

    def ages(self, now: BootTime, own: Sequence[SeenLease]) -> dict[str, float]:
        """Seconds since any voter that is heard last acknowledged each node."""
        ages: dict[str, float] = {}
        for received_at, leases in self._views(now, own).values():
            for one in leases:
                if one.held and one.age >= 0:
                    age = one.age + now - received_at
                    ages[one.node] = min(age, ages.get(one.node, age))
        return ages

    def _views(
        self, now: BootTime, own: Sequence[SeenLease]
    ) -> dict[str, tuple[BootTime, Sequence[SeenLease]]]:
        return {**self._seen, self._post.name: (now, own)}

    # -- raising epochs --------------------------------------------------------------------------------------

    def raise_epoch(self, term: int, request: int, node: str) -> None:
        """Begin to raise the epoch of a node."""
        self._asked += 1
        self._raises[request] = EpochRaise(node, self._post.voters, self._asked)
        self._ask(term, self._raises[request])

    def ask_again(self, term: int) -> None:
        """Ask the voters that have not answered."""
        for one in self._raises.values():
            self._ask(term, one)

    @property
    def next_question(self) -> BootTime:
        """When a voter that has refused is to be asked again."""
        return min((one.next_question for one in self._raises.values()), default=float("inf"))

    def ask_refusers(self, now: BootTime, term: int) -> None:
        """Ask those again whose reason to refuse is over by now."""
        for one in self._raises.values():
            if one.forget_refusals(now):
                self._ask(term, one)

    def forget(self, request: int) -> None:
        """Nobody waits for this request any more."""
        self._raises.pop(request, None)

    def answered(self, now: BootTime, term: int, voter: str, message: EpochAnswer) -> None:
        """Count a voter's answer."""
        for request, one in list(self._raises.items()):
            if one.answered(now, voter, message):
                self._ask(term, one)
            until = one.refused_until()
            if one.raised is not None:
                self._results.append((request, EpochRaised(one.raised)))
                del self._raises[request]
            elif until is not None:
                self._results.append((request, EpochHeld(until)))
                del self._raises[request]

    def _ask(self, term: int, one: EpochRaise) -> None:
        post = self._post
        target = ANY_EPOCH if one.dry else one.target
        message = RaiseEpoch(*post.to_voters, term, one.node, target, one.dry, one.request)
        for voter in one.unanswered:
            post.send(voter, message)
