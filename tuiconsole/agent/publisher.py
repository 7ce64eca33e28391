"""What this agent says to all others, kept whole, so that whoever joins late can have a snapshot of it.

Sans-I/O: `send` is given, numbers are counted here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping

import msgspec

from tuiconsole.model.agreement import Agreement
from tuiconsole.model.events import Event
from tuiconsole.model.node import Machine
from tuiconsole.model.process import ENDS_KEPT, End, Process, Usage
from tuiconsole.planning.engine.situation import iso
from tuiconsole.wire.published import (
    EventsSeen,
    Heartbeat,
    ProcessesChanged,
    Publication,
    Published,
    Reported,
    SupervisordDied,
    UsageSampled,
)
from tuiconsole.wire.replies import Snapshot

EVENTS_KEPT = 1000


def _ran(before: Process, after: Process) -> float | None:
    """Seconds from the start of what ran before to its end, if both are known."""
    if not before.started_at or after.changed_at < before.started_at:
        return None
    return round(after.changed_at - before.started_at, 1)


class Publisher:
    """The publications of one agent.

    Args:
        node: its node.
        run: names this life of the agent.
        agreement: what it goes by all that life.
        send: puts a publication on the wire and shows it to this agent's own observer.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        node: str,
        run: str,
        agreement: Agreement,
        send: Callable[[Published], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.node = node
        self.run = run
        self.agreement = agreement
        self._send = send
        self._wall = wall
        self._seq = 0
        self._heartbeat: Heartbeat | None = None
        self._report = b""
        self.processes: dict[str, Process] = {}
        self.usage: Mapping[str, Usage] = {}
        self._machine: Machine | None = None
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._event_number = 0

    def heartbeat(self, heartbeat: Heartbeat) -> None:
        """Say that the agent is there, and how."""
        self._heartbeat = heartbeat
        self._publish(heartbeat)

    def changed(self, *processes: Process) -> None:
        """Say that processes changed."""
        told = tuple(map(self._with_ends, processes))
        self.processes.update((process.namespec, process) for process in told)
        self._publish(ProcessesChanged(told))

    def replaced(self, processes: tuple[Process, ...]) -> None:
        """Say what all processes are now: only differences travel."""
        processes = tuple(map(self._with_ends, processes))
        known = {process.namespec: process for process in processes}
        removed = tuple(namespec for namespec in self.processes if namespec not in known)
        changed = tuple(process for process in processes if self.processes.get(process.namespec) != process)
        self.processes = known
        if changed or removed:
            self._publish(ProcessesChanged(changed, removed))

    def _with_ends(self, process: Process) -> Process:
        """The process with what is remembered of its ends, and with its last one if that is news."""
        before = self.processes.get(process.namespec)
        if before is None:
            return process
        ends = before.ends
        if before.pid and process.pid != before.pid:
            known = not process.pid
            end = End(
                at=iso(self._wall()),
                node=self.node,
                status=process.exit_status if known else None,
                expected=process.expected_exit if known else True,
                ran=_ran(before, process),
            )
            ends = (end, *ends)[:ENDS_KEPT]
        return process if ends == process.ends else msgspec.structs.replace(process, ends=ends)

    def removed(self, namespec: str) -> None:
        """Say that supervisord no longer has a program."""
        if self.processes.pop(namespec, None) is not None:
            self._publish(ProcessesChanged((), (namespec,)))

    def supervisord_died(self, incarnation: str, supervisord: int, reason: str) -> None:
        """Publish the proof that nothing of this node's supervisord is left."""
        self._publish(SupervisordDied(incarnation, supervisord, reason))

    def sampled(self, usage: Mapping[str, Usage], machine: Machine | None = None) -> None:
        """Publish what the processes use, and their machine."""
        if (usage, machine) != (self.usage, self._machine):
            self.usage, self._machine = usage, machine
            self._publish(UsageSampled(usage, machine))

    def reported(self, report: bytes) -> None:
        """Publish the master's report; empty when this node is no longer master."""
        self._report = report
        if report:
            self._publish(Reported(report))

    def tell(self, *events: Event) -> None:
        """Publish lines for the event log, numbered here."""
        if not events:
            return
        numbered = []
        for event in events:
            self._event_number += 1
            name = f"{self.node}/{self.run}/{self._event_number}"
            numbered.append(msgspec.structs.replace(event, id=name))
        self._events.extend(numbered)
        self._publish(EventsSeen(tuple(numbered)))

    def snapshot(self) -> Snapshot | None:
        """All of it; None before the first heartbeat."""
        if self._heartbeat is None:
            return None
        return Snapshot(
            node=self.node,
            run=self.run,
            seq=self._seq,
            heartbeat=self._heartbeat,
            processes=tuple(self.processes.values()),
            usage=self.usage,
            report=self._report,
            events=tuple(self._events),
            agreement=self.agreement,
            machine=self._machine,
        )

    def _publish(self, body: Publication) -> None:
        if not isinstance(body, Heartbeat):
            self._seq += 1
        self._send(Published(self.node, self.run, self._seq, body))
