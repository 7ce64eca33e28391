"""All that the parts of the engine know and share: view, draft of the ledger, jobs, and what is to go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from tuiconsole.clock import BootTime
from tuiconsole.model.alarms import SeenAlarm
from tuiconsole.model.events import Event, Severity
from tuiconsole.model.ledger import Grant, Ledger, RequestRecord, Waiter
from tuiconsole.model.node import View
from tuiconsole.model.process import Process
from tuiconsole.model.requests import Outcome, Progress, Verdict
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.model.synchronization import Synchronization
from tuiconsole.planning.catalogue import Application, Program, Rulebook, catalogue
from tuiconsole.planning.engine.crashes import Crashes
from tuiconsole.planning.engine.draft import LedgerDraft
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.known import KnownNodes
from tuiconsole.planning.engine.messages import Command, Now, Reply, Request
from tuiconsole.planning.engine.orders import LIFE, Key, Orders
from tuiconsole.planning.placement import Considered
from tuiconsole.planning.report import Conflict
from tuiconsole.planning.synchronization import Waiting
from tuiconsole.rulebook.rules import Isolation
from tuiconsole.settings.timing import Timing


def iso(utc: float) -> str:
    """UTC, ISO 8601 with milliseconds."""
    text = datetime.fromtimestamp(utc, timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


@dataclass(frozen=True)
class Death:
    """A process that ended though nobody asked for it."""

    application: str
    namespec: str
    node: str
    reason: str
    with_node: bool = False
    """Its node died or was lost; it did not end by itself."""
    restarts: bool = False
    """Its supervisord starts it again by itself (autorestart)."""


@dataclass(frozen=True)
class Section:
    """The program section that a process comes from, if it may have several."""

    key: str
    """`application:program`."""
    index: int
    numprocs: int
    """How many of them supervisord's own file asks for."""


@dataclass
class Situation:
    """One master's knowledge in one term."""

    rulebook: Rulebook
    timing: Timing
    master: str
    term: int
    now: Now
    draft: LedgerDraft
    nodes: KnownNodes
    orders: Orders
    apps: dict[str, Application] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    """By namespec."""
    jobs: dict[str, Job] = field(default_factory=dict)
    deaths: list[Death] = field(default_factory=list)
    postponed: list[Death] = field(default_factory=list)
    """What died during a job that does not bring it back; judged when that is over."""
    silent: dict[str, BootTime] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    """Nodes whose lease is over or whose death is proved, with the reason; until they are RUNNING again."""
    supervisords: dict[str, int] = field(default_factory=dict)
    """By node: the pid of the supervisord that was up last, kept while none is."""
    lives: dict[str, str] = field(default_factory=dict)
    """By node: the life of that supervisord, which a reload ends though the pid stays."""
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    stays: dict[str, dict[str, str]] = field(default_factory=dict)
    """By drained node: what cannot move, and why, in words."""
    supposed: dict[str, int] = field(default_factory=dict)
    """By node: percent that a plan adds to what is really used there, or takes away."""
    ahead: Mapping[str, float] = field(default_factory=dict)
    """By node: seconds its clock is ahead of the master's."""
    expiries: dict[str, BootTime] = field(default_factory=dict)
    """By open request, on this master's clock."""
    synchronization: Synchronization = field(default_factory=Synchronization)
    began: BootTime = 0.0
    """When this master's term began."""
    synchronized: bool = True
    """What starts by itself may start."""
    waiting: Waiting = field(default_factory=Waiting)
    """What the synchronization waits for."""
    loadings: dict[str, tuple[object, object, int]] = field(default_factory=dict)
    """By node: processes and applications as they were when its loading was reckoned, and that."""
    queued: list[tuple[Request, str]] = field(default_factory=list)
    """Requests, each with one of its targets, that wait for their turn; see engine.queue."""
    settled: bool = False
    crashes: Crashes = field(default_factory=Crashes)
    alarms_seen: tuple[SeenAlarm, ...] | None = None
    """What stands, as this master's agent sees it; None before it has told so."""
    alarms_gone: dict[str, BootTime] = field(default_factory=dict)
    """By recorded alarm: since when its condition is not seen any more."""
    leaving_since: BootTime | None = None
    """Since when the nodes are being told to leave, because the whole system ends."""
    commands: list[Command] = field(default_factory=list)
    answers: list[Reply] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    considered: list[Considered] | None = None
    """Each look for a node, in order; noted in forecasts only."""

    @classmethod
    def at_take_over(
        cls, rulebook: Rulebook, timing: Timing, master: str, ledger: Ledger, term: int, view: View, now: Now
    ) -> Situation:
        """What a master knows when its term begins."""
        situation = cls(
            rulebook,
            timing,
            master,
            term,
            now,
            LedgerDraft(ledger),
            KnownNodes(view.nodes),
            # A master may begin anew within its term, and a node answers an id that it knows without obeying.
            Orders(f"{master}/{term}/{now.boot:.3f}"),
        )
        situation.supervisords = {
            name: node.pids.supervisord for name, node in view.nodes.items() if node.pids.supervisord
        }
        situation.lives = {name: node.life for name, node in view.nodes.items() if node.life}
        situation.learn_applications()
        return situation

    def learn_applications(self) -> None:
        """Read anew which groups and programs the nodes report."""
        self.apps = catalogue(self.nodes.values(), self.rulebook)
        self.sections = {
            namespec: Section(f"{process.group}:{process.program}", process.index, process.numprocs)
            for node in self.nodes.values()
            for namespec, process in node.processes.items()
            if process.program
        }

    # What is known of nodes and processes

    def unusable(self) -> dict[str, str]:
        """Nodes that may not be used though they may look RUNNING, with the reason in words."""
        result = {}
        for name, node in self.nodes.items():
            if name in self.lost:
                reason = self.lost[name]
                result[name] = reason if reason == "is lost" else f"is lost ({reason})"
            elif name in self.silent and node.state is NodeState.RUNNING:
                result[name] = f"is silent since {self.now.boot - self.silent[name]:.1f} s"
            elif name in self.silent:
                result[name] = f"does not renew its lease: it is {node.state.value}"
            elif node.epoch < self.draft.epochs.get(name, 0):
                result[name] = f"has not rejoined yet (epoch {node.epoch} is over)"
        return result

    def unplaceable(self) -> dict[str, str]:
        """Nodes where nothing may be placed, with the reason in words: the unusable and the drained ones."""
        result = self.unusable()
        for name, drained in self.draft.drained.items():
            words = f"is drained by {drained.requested_by} (`tuiconsole undrain {name}`)"
            result.setdefault(name, words)
        return result

    def usable(self, name: str) -> bool:
        """True if the node can be given commands."""
        node = self.nodes.get(name)
        return (
            node is not None
            and node.state is NodeState.RUNNING
            and name not in self.lost
            and name not in self.silent
            and node.epoch >= self.draft.epochs.get(name, 0)
        )

    def counts(self, name: str) -> bool:
        """True if what this node last reported as alive must be taken for alive."""
        node = self.nodes.get(name)
        return node is not None and name not in self.lost and node.state is not NodeState.FAILED

    def process(self, node: str, namespec: str) -> Process | None:
        """A process as its node last reported it."""
        known = self.nodes.get(node)
        return known.processes.get(namespec) if known else None

    def alive_on(self, namespec: str) -> list[str]:
        """The nodes where it is, or must be taken for, alive."""
        return [name for name in self.nodes.alive_on(namespec) if self.counts(name)]

    def alive_nodes(self, application: Application) -> tuple[str, ...]:
        """The nodes where any of its processes is alive."""
        found: dict[str, None] = {}
        for namespec in application.programs:
            found.update(dict.fromkeys(self.alive_on(namespec)))
        return tuple(found)

    def grants_of(self, application: Application) -> list[Grant]:
        """All grants of this application or of its processes."""
        names = [application.name, *application.programs]
        return [self.draft.grants[name] for name in names if name in self.draft.grants]

    def application_of(self, grant: str) -> Application | None:
        """The application that a grant's name belongs to."""
        return self.apps.get(grant.partition(":")[0])

    def isolation_of(self, grant: str) -> Isolation:
        """What the rules say becomes of a grant's processes when their node is isolated."""
        rules = self.rulebook.application(grant.partition(":")[0])
        return rules.isolation if rules is not None else Isolation.STOP

    def outlives(self, grant: Grant) -> bool:
        """True if a grant stays with a node whose lease is over: what it is for may still run there.

        A grant that was ever under KEEP or ALLOW and is to be STOP now stays as well: the rules may have
        changed while the node could not hear of it.
        """
        isolation = self.isolation_of(grant.name)
        return isolation is Isolation.KEEP or (isolation is Isolation.STOP and grant.kept)

    def granted_namespecs(self, grant: Grant) -> tuple[str, ...]:
        """The processes that a grant is for."""
        if ":" in grant.name:
            return (grant.name,)
        application = self.apps.get(grant.name)
        return tuple(application.programs) if application else ()

    def disabled(self, namespec: str) -> str:
        """Who has disabled it, when and why, in words; empty if it may be started."""
        known = self.draft.disabled
        return known.get(namespec) or known.get(namespec.partition(":")[0], "")

    def surplus(self, namespec: str) -> bool:
        """True if its program has been scaled down to fewer processes: it goes, and is not started."""
        section = self.sections.get(namespec)
        return section is not None and section.index >= self.draft.scales.get(section.key, section.index + 1)

    def out_of_service(self, namespec: str) -> bool:
        """True if nothing may start it: it is disabled, or surplus."""
        return bool(self.disabled(namespec)) or self.surplus(namespec)

    def sequence(self, application: Application) -> tuple[Program, ...]:
        """The programs that start with an application: those that are out of service do not."""
        return tuple(one for one in application.sequence() if not self.out_of_service(one.namespec))

    def expires(self, record: RequestRecord) -> BootTime:
        """When an open request has to end, on this master's clock."""
        # Counted once, from a former master's time of day: what steps later changes nothing.
        left = min(record.expires - self.now.utc, record.lasts)
        return self.expiries.setdefault(record.id, self.now.boot + left)

    # What goes out

    def event(self, kind: str, subject: str, text: str, severity: Severity = Severity.INFO) -> None:
        """Tell it to everyone."""
        self.events.append(Event(iso(self.now.utc), self.master, kind, subject, text, severity))

    def progress(self, waiters: Sequence[Waiter], text: str, step: int, steps: int) -> None:
        """Tell those who wait how far it is."""
        for waiter in waiters:
            self.answers.append(Reply(waiter.request, Progress(waiter.target, text, step, steps)))

    def outcome(
        self,
        waiters: Sequence[Waiter],
        verdict: Verdict,
        text: str,
        nodes: tuple[str, ...] = (),
        details: tuple[str, ...] = (),
    ) -> None:
        """End what they wait for."""
        for waiter in waiters:
            outcome = Outcome(waiter.target, verdict, text, nodes, details)
            if self.draft.close(waiter.request, outcome):
                self.answers.append(Reply(waiter.request, outcome))

    def order(self, key: Key, command: Command) -> None:
        """Send a command for which `orders.due(key)` holds."""
        self.orders.given(key, command, self.now.boot)  # type: ignore[arg-type]
        self.commands.append(command)

    @property
    def deadline(self) -> BootTime:
        """Until when a command made now may be obeyed."""
        return self.now.boot + LIFE

    def epoch(self, node: str) -> int:
        """The epoch that a command to this node is meant for."""
        return self.nodes[node].epoch

    def running(self, application: Application) -> Iterator[tuple[str, str]]:
        """Namespec and node of all that is alive."""
        for namespec in application.programs:
            for node in self.alive_on(namespec):
                yield namespec, node


def ended_badly(process: Process) -> bool:
    """True for FATAL, and for an exit that was none of the expected."""
    if process.state is ProcessState.FATAL:
        return True
    return process.state is ProcessState.EXITED and not process.expected_exit


def words_of_end(process: Process) -> str:
    """How it ended, in words."""
    if process.state is ProcessState.FATAL:
        return process.reason or "could not be started (FATAL)"
    if process.exit_status is None:
        text = "exited unexpectedly"
    elif process.exit_status < 0:
        text = f"was killed by signal {-process.exit_status}"
    else:
        text = f"exited unexpectedly (status {process.exit_status})"
    return text + (f": {process.reason}" if process.reason else "")
