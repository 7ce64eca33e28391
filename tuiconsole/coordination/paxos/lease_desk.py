"""A voter's desk for node leases: answers the nodes and the leader, with what is on disk."""

from __future__ import annotations

from tuiconsole.clock import BootTime
from tuiconsole.coordination.leases.registrar import Registrar
from tuiconsole.coordination.messages import (
    EpochAnswer,
    Leave,
    Left,
    RaiseEpoch,
    Renew,
    Renewed,
    RenewRefused,
    SeenLease,
)
from tuiconsole.coordination.paxos.acceptor import Acceptor
from tuiconsole.coordination.paxos.durability import Durability
from tuiconsole.coordination.paxos.leading import Leading
from tuiconsole.coordination.paxos.post import Post


class LeaseDesk:
    """Asks the registrar, and answers once its decision is on disk. A mere renewal never waits for it."""

    def __init__(
        self, registrar: Registrar, acceptor: Acceptor, durability: Durability, post: Post, leading: Leading
    ) -> None:
        self._registrar = registrar
        self._acceptor = acceptor
        self._durability = durability
        self._post = post
        self._leading = leading

    def seen(self, now: BootTime) -> tuple[SeenLease, ...]:
        """How this voter sees the nodes, as far as that is on disk."""
        durability = self._durability
        return tuple(
            SeenLease(node, epoch, held, age)
            for node, epoch, held, age in self._registrar.seen(now)
            if durability.is_durable(durability.of_node(node))
        )

    def on_renew(self, now: BootTime, sender: str, message: Renew) -> None:
        """A node renews its lease, or asks for one."""
        changed = self._registrar.changed
        verdict = self._registrar.renew(
            now,
            sender,
            message.epoch,
            message.incarnation,
            join=message.join,
            stay=message.stay,
            asked=message.asked,
        )
        self._durability.note_node(sender, changed)
        leader, term = self._leading.known_leader(now) or ("", 0)
        answer: Renewed | RenewRefused
        if verdict.granted:
            answer = Renewed(
                *self._post.to_nodes,
                message.epoch,
                message.incarnation,
                message.request,
                verdict.duration,
                leader,
                term,
            )
        else:
            answer = RenewRefused(
                *self._post.to_nodes, verdict.epoch, message.request, verdict.remaining, leader, term
            )
        self._post.answer(max(self._durability.duration, self._durability.of_node(sender)), sender, answer)

    def on_leave(self, _now: BootTime, sender: str, message: Leave) -> None:
        """A node gives its lease up."""
        changed = self._registrar.changed
        verdict = self._registrar.leave(sender, message.epoch, message.incarnation)
        self._durability.note_node(sender, changed)
        if verdict.granted:
            answer = Left(*self._post.to_nodes, verdict.epoch, message.request)
            self._post.answer(self._durability.of_node(sender), sender, answer)

    def on_raise_epoch(self, now: BootTime, sender: str, message: RaiseEpoch) -> None:
        """The leader has a node's epoch raised, or asks whether that is possible."""
        promised_term = self._acceptor.promised.term
        if message.term < promised_term:
            self._post.refuse(sender, message.term, promised_term)
            return
        changed = self._registrar.changed
        verdict = self._registrar.raise_epoch(now, message.node, message.target, dry=message.dry)
        self._durability.note_node(message.node, changed)
        answer = EpochAnswer(
            *self._post.to_voters,
            message.request,
            message.node,
            message.dry,
            verdict.granted,
            verdict.epoch,
            verdict.held,
            verdict.remaining,
        )
        self._post.answer(self._durability.of_node(message.node), sender, answer)
