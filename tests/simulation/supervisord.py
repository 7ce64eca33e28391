"""A model of a shim, its supervisord with the plugin, and their programs: the rules of the real ones, no I/O.

The deadman's steps and the guard's judgement are the product's own; what the plugin refuses is told over from
its commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from tuiconsole.model.process import LEASE_LOST, LEASE_RAN_OUT, Process, Token
from tuiconsole.model.states import ProcessState
from tuiconsole.supervision.events import (
    Event,
    Isolated,
    NodeEmpty,
    ProcessChanged,
    ProcessRemoved,
    Refused,
    Snapshot,
    SupervisordDown,
    SupervisordStopping,
    SupervisordUp,
)
from tuiconsole.supervision.plugin.deadman import DONE, HELD, Limits, next_step
from tuiconsole.supervision.plugin.guard import DENY, GrantGuard
from tuiconsole.supervision.plugin.local_rules import LocalRules, local_rules
from tuiconsole.supervision.plugin.standing import Managed, StandingOrders

if TYPE_CHECKING:
    from tests.simulation.host import Host

SCALED = frozenset(
    f"scen2_{kind}_01:scen2_{name}" for kind, name in (("srv", "sensor_acquisition"), ("hci", "chart_view"))
)
"""Programs that may have several processes."""
MOST_SCALED = 4
WRITES = frozenset(("start", "stop", "release", "manage", "rejoin"))
"""Requests that the plugin answers once something is on disk."""
SWEPT_WITHIN = 0.02
"""Seconds in which a shim has killed what a dead supervisord has left."""
RESTARTED_AFTER = 0.3
"""Seconds from the proof of death to the next supervisord."""


class Orders(msgspec.Struct):
    """What the plugin keeps on disk."""

    term: int = 0
    epoch: int = 0
    floors: dict[str, Token] = {}
    managed: dict[str, Managed] = {}
    """By namespec."""
    guard: str = DENY
    local: LocalRules = LocalRules()
    disabled: dict[str, str] = {}
    scales: dict[str, int] = {}
    """`group:program` → how many processes it has."""

    floor: ClassVar[Callable[[Any, str], tuple[int, int]]] = StandingOrders.floor
    entry = StandingOrders.entry


class Supervisord:
    """One life of supervisord: a reload makes another one with the same pid."""

    def __init__(self, host: Host, pid: int, namespecs: Sequence[str], number: int = 1) -> None:
        self.host = host
        self.pid = pid
        self.number = number
        self.life = f"{pid}/{number}"
        self.up = True
        self.frozen = False
        self.ending = False
        self.reloads = False
        """It ends for another life of it to begin."""
        self.stage = HELD
        self.limits: Limits | None = None
        self.processes: dict[str, Process] = {}
        for name in namespecs:
            group, _, program = name.partition(":")
            self.processes[name] = Process(group, program, ProcessState.STOPPED)
        for name in SCALED & self.processes.keys():
            group, _, program = name.partition(":")
            self.processes[name] = Process(group, program, ProcessState.STOPPED, program=program)
        self._scale()
        self._done: dict[str, dict[str, Any]] = {}
        self._waiting: list[tuple[Any, ...]] = []
        self._alarm_at: float | None = None
        self._isolated_epoch = 0
        self._void: set[str] = set()
        """Namespecs whose token was taken back."""
        self._unreaped: set[int] = set()
        """What has ended while supervisord stood still, by pid."""

    def _scale(self) -> bool:
        """Have as many processes of each program as its number says; what runs stays until it has ended."""
        before = set(self.processes)
        for name in SCALED & self.processes.keys():
            number = self.host.orders.scales.get(name, 1)
            for index in range(1, MOST_SCALED):
                one = f"{name}_{index}"
                if index < number and one not in self.processes:
                    group, _, program = name.partition(":")
                    self.processes[one] = Process(
                        group, f"{program}_{index}", ProcessState.STOPPED, program=program, index=index
                    )
                elif index >= number and one in self.processes and not self.processes[one].state.alive:
                    del self.processes[one]
        return before != set(self.processes)

    def _rescale(self) -> None:
        before = set(self.processes)
        if self._scale() and self.up:
            self.host.emit(*(ProcessRemoved(name) for name in sorted(before - set(self.processes))))
            self.host.emit(self.snapshot())

    def snapshot(self) -> Snapshot:
        """All that it has."""
        return Snapshot(tuple(self.processes.values()), {}, 0, self.life)

    # -- its own end -----------------------------------------------------------------------------------------

    def end(self, *, reloads: bool) -> None:
        """Somebody's `supervisorctl reload` or `shutdown`: all programs stop first, each in its time."""
        if not self.up or self.frozen or self.ending:
            return
        self.ending, self.reloads = True, reloads
        self.host.emit(SupervisordStopping())
        for process in list(self.alive()):
            self.terminate(process, "supervisord ends")
        self._end_once_empty()

    def _end_once_empty(self) -> None:
        if not self.up:
            return
        if self.frozen or any(process.state.alive for process in self.processes.values()):
            self.host.later(0.02, self._end_once_empty)
        elif self.reloads:
            self.host.shim.reload(self)
        else:
            self.host.shim.lose_supervisord()

    # -- programs --------------------------------------------------------------------------------------------

    def alive(self) -> Iterator[Process]:
        """Those that run, or are on their way."""
        return (p for p in self.processes.values() if p.state.alive and p.pid not in self._unreaped)

    def doomed(self) -> list[Process]:
        """Those that an isolation must stop."""
        managed = self.host.orders.managed
        found = []
        for process in self.processes.values():
            if process.state.alive:
                listed = managed.get(process.namespec)
                if listed.isolation == "STOP" if listed is not None else process.token:
                    found.append(process)
        return found

    def by_hand(self, namespec: str) -> None:
        """Somebody's `supervisorctl start`, or autorestart: the guard is asked, as at each spawn."""
        process = self.processes[namespec]
        if not self.up or self.frozen or self.ending or process.state.alive:
            return
        if process.state in (ProcessState.STOPPED, ProcessState.FATAL):
            process = self._set(namespec, token=None)  # the old token is not his
        group, _, name = namespec.partition(":")
        chronicle = SimpleNamespace(token=process.token, grant=group, void=namespec in self._void)
        asked = SimpleNamespace(
            group=SimpleNamespace(config=SimpleNamespace(name=group)),
            config=SimpleNamespace(name=name),
            tuiconsole_chronicle=chronicle,
        )
        if GrantGuard(self.host.orders, self._may_start).refusal(asked) is None:  # type: ignore[arg-type]
            self.host.site.tell(f"{self.host.name}: {namespec} is started by hand")
            self.spawn(namespec, process.token)
            self.look()

    def _may_start(self) -> bool:
        record = self.host.read_deadline()
        return self.stage == HELD and record is not None and self.host.clock() < record.stop_at

    def spawn(self, namespec: str, token: Token | None) -> Process:
        """A program begins; what becomes of it is chance."""
        now = self.host.clock()
        pid = self.host.site.new_pid()
        process = self._set(
            namespec, state=ProcessState.STARTING, pid=pid, token=token, started_at=now, reason=""
        )
        self.host.site.check_spawn(self.host, process)
        fate, after = self.host.site.fate(process)
        self.host.later(0.02, self._settled, namespec, pid)
        if fate != "run":
            self.host.later(after, self._ended, namespec, pid, fate)
        return process

    def terminate(self, process: Process, reason: str) -> None:
        """Ask a program to end; a stubborn one waits for SIGKILL."""
        if process.state is ProcessState.STOPPING:
            return
        self._set(process.namespec, state=ProcessState.STOPPING, reason=reason)
        takes = self.host.site.end_takes(process)
        self.host.later(takes, self._ended, process.namespec, process.pid, "stopped")

    def kill(self, processes: Sequence[Process], how: str = "stopped") -> None:
        """SIGKILL. `how` supervisord takes it: it does not know who killed what it did not stop itself."""
        for process in list(processes):
            if self.frozen and self.up:
                self._unreaped.add(process.pid)
            else:
                self._ended(process.namespec, process.pid, how)

    def _settled(self, namespec: str, pid: int) -> None:
        process = self.processes.get(namespec)
        if process is not None and self.up and process.pid == pid and process.state is ProcessState.STARTING:
            self._set(namespec, state=ProcessState.RUNNING)

    def _ended(self, namespec: str, pid: int, how: str) -> None:
        process = self.processes.get(namespec)
        if process is None or process.pid != pid or not process.state.alive:
            return
        stopping = process.state is ProcessState.STOPPING
        state = ProcessState.STOPPED if stopping or how == "stopped" else ProcessState.EXITED
        self._set(namespec, state=state, pid=0, expected_exit=how != "crash" or stopping)
        self._rescale()

    def _set(self, namespec: str, **fields: Any) -> Process:
        process = msgspec.structs.replace(self.processes[namespec], changed_at=self.host.clock(), **fields)
        self.processes[namespec] = process
        if self.up:
            self.host.emit(ProcessChanged(process))
        return process

    # -- the deadman -----------------------------------------------------------------------------------------

    def look(self) -> None:
        """The deadman's timer: at each of the record's times, and whenever something is spawned."""
        if not self.up or self.frozen:
            return
        record = self.host.read_deadline()
        now = self.host.clock()
        if self.stage == HELD and record is not None:
            self.limits = Limits(record.stop_at, record.kill_at)
        before = self.stage
        step = next_step(self.stage, now, self.limits, bool(self.doomed()))
        self.stage = step.stage
        if before == HELD != self.stage:
            self._isolated_epoch = self.host.orders.epoch
        if step.terminate:
            for process in self.doomed():
                self._void.add(process.namespec)
                self.terminate(process, LEASE_LOST)
        if step.sweep:
            for process in self.doomed():
                self._void.add(process.namespec)
                self._set(process.namespec, state=ProcessState.STOPPING, reason=LEASE_LOST)
            self.kill(self.doomed())
            self.stage = DONE
        if self.stage != before:
            self.host.emit(Isolated(self.stage, self._isolated_epoch))
        self._alarm_at = step.again_at if self.stage != DONE else None
        if self._alarm_at is not None:
            self.host.site.at(self.host.when(self._alarm_at) + 1e-6, self._alarm, self._alarm_at)

    def _alarm(self, at: float) -> None:
        """SIGALRM, of the one timer that there is: a later look has set it anew."""
        if at == self._alarm_at:
            self.look()

    def thaw(self) -> None:
        """SIGCONT: the deadman's signal comes before supervisord hears of its children."""
        if self.host.suspended_at is not None:
            return
        self.frozen = False
        if not self.up:
            return  # It was killed meanwhile, with all that it had not read.
        self.look()
        unreaped, self._unreaped = self._unreaped, set()
        for process in list(self.processes.values()):
            if process.pid in unreaped:
                self._ended(process.namespec, process.pid, "crash")
        waiting, self._waiting = self._waiting, []
        for op, fields, answer in waiting:
            answer(*self.answer(op, fields))

    # -- commands --------------------------------------------------------------------------------------------

    def ask(self, op: str, fields: dict[str, Any], answer: Any) -> None:
        """A request comes; `answer(result, refused)` is called with what becomes of it."""
        if not self.up:
            return
        if op == "start":
            self.host.site.faults.spring(self.host)
        if op in WRITES and self.host.site.is_cut(self.host, f"{op} has come, and nothing of it is written"):
            self.host.power_off()
            return
        if self.frozen:
            self._waiting.append((op, fields, answer))
        else:
            result = self.answer(op, fields)
            if op in WRITES and self.host.site.is_cut(self.host, f"{op} is written, and not answered"):
                self.host.power_off()
                return
            answer(*result)

    def answer(self, op: str, fields: dict[str, Any]) -> tuple[dict[str, Any] | None, Refused | None]:
        try:
            return getattr(self, f"_{op}")(**fields), None
        except Refused as refused:
            return None, refused

    def _start(
        self,
        namespec: str,
        grant: str,
        token: Token,
        term: int,
        epoch: int,
        deadline: float,
        request: str,
        isolation: str = "STOP",
    ) -> dict[str, Any]:
        if request in self._done:
            return self._done[request]
        self._refuse_stale(term, epoch)
        now = self.host.clock()
        if now >= deadline:
            raise Refused("expired", "after its deadline")
        if namespec in self.host.orders.disabled:
            raise Refused("disabled", "disabled")
        if self.ending:
            raise Refused("shutting_down", "it ends")
        if self.stage != HELD:
            raise Refused("isolated", "the node has lost its lease")
        floor = self.host.orders.floor(grant)
        if token <= floor:
            raise Refused("stale_token", f"{token} is void")
        if not self._may_start():
            raise Refused("no_lease", "no lease")
        if namespec not in self.processes:
            raise Refused("unknown", "no such program")
        self.host.orders.managed = {**self.host.orders.managed, namespec: Managed(grant, isolation)}
        process = self.processes[namespec]
        if process.state.alive:
            if process.token == token and process.state is not ProcessState.STOPPING:
                return self._remember(request, {"already": True})
            raise Refused("running", "runs already")
        self.host.orders.floors[grant] = max(floor, (token[0], token[1] - 1))
        self._void.discard(namespec)
        self.spawn(namespec, token)
        self.look()
        return self._remember(request, {"already": False})

    def _stop(
        self,
        namespec: str,
        term: int,
        epoch: int,
        request: str = "",
        reason: str = "",
        grant: str = "",
        floor: Token = (0, 0),
    ) -> dict[str, Any]:
        if request and request in self._done:
            return self._done[request]
        self._refuse_stale(term, epoch)
        floors = self.host.orders.floors
        floors[grant] = max(floor, floors.get(grant, (0, 0)))
        if namespec not in self.processes:
            raise Refused("unknown", "no such program")
        process = self.processes[namespec]
        if process.state.alive:
            if reason == LEASE_RAN_OUT:
                self.host.site.check_isolation(self.host, process)
            self.terminate(process, reason or "stopped on request")
        return self._remember(request, {})

    def _release(
        self, grant: str, namespecs: list[str], floor: Token, term: int, epoch: int
    ) -> dict[str, Any]:
        self._refuse_stale(term, epoch)
        floors = self.host.orders.floors
        floors[grant] = max(floor, floors.get(grant, (0, 0)))
        return {
            "clear": not any(self.processes[name].state.alive for name in namespecs if name in self.processes)
        }

    def _manage(
        self,
        programs: Any,
        term: int = 0,
        guard: str = DENY,
        names: Any = (),
        patterns: Any = (),
        scales: Any = None,
    ) -> dict[str, Any]:
        self._refuse_stale(term, self.host.orders.epoch)
        self.host.orders.local = local_rules(list(names), list(patterns))
        self.host.orders.managed = {one.namespec: Managed(one.grant, one.isolation) for one in programs}
        self.host.orders.guard = guard
        self.host.orders.disabled = {one.namespec: one.disabled for one in programs if one.disabled}
        self.host.orders.scales = dict(scales or {})
        self._rescale()
        self.look()
        return {}

    def _covered(self) -> dict[str, Any]:
        return {"alive": [process.namespec for process in self.doomed()]}

    def _rejoin(self, epoch: int) -> dict[str, Any]:
        orders = self.host.orders
        if self.stage != HELD:
            if epoch <= orders.epoch:
                raise Refused("stale_epoch", "not newer than the one that was isolated")
            if self.doomed():
                raise Refused("busy", "still alive")
        elif epoch < orders.epoch:
            raise Refused("stale_epoch", "older")
        if epoch > orders.epoch:
            self._void_ended()
        orders.epoch = epoch
        self.stage, self.limits = HELD, None
        return {}

    def _void_ended(self) -> None:
        managed = self.host.orders.managed
        for process in self.processes.values():
            entry = managed.get(process.namespec)
            if not process.state.alive and (entry is None or entry.isolation != "KEEP"):
                self._void.add(process.namespec)

    def _refuse_stale(self, term: int, epoch: int) -> None:
        orders = self.host.orders
        if term < orders.term or epoch < orders.epoch:
            raise Refused("stale_term", f"{term}, {epoch} when {orders.term}, {orders.epoch} was seen")
        orders.term, orders.epoch = term, epoch

    def _remember(self, request: str, result: dict[str, Any]) -> dict[str, Any]:
        if request:
            self._done[request] = result
        return result


class Shim:
    """One incarnation of a node."""

    def __init__(self, host: Host, number: int) -> None:
        self.host = host
        self.incarnation = f"{host.name}/{number}"
        self.pid = host.site.new_pid()
        self.supervisord: Supervisord | None = None
        self.up = True
        self.empty = True

    def start(self) -> None:
        """Start supervisord, if none runs."""
        if not self.up or self.supervisord is not None:
            return
        self.empty = False
        self.supervisord = Supervisord(self.host, self.host.site.new_pid(), self.host.namespecs)
        self.host.emit(*self.greeting())

    def greeting(self) -> tuple[Event, ...]:
        """What an agent that comes is told."""
        supervisord = self.supervisord
        if supervisord is None:
            return ()
        told: list[Event] = [
            SupervisordUp(supervisord.pid),
            supervisord.snapshot(),
        ]
        if supervisord.stage != HELD:
            told.append(Isolated(supervisord.stage, supervisord._isolated_epoch))
        return tuple(told)

    def look(self) -> None:
        """The shim's own deadline: what still lives then is killed, also when supervisord does not run."""
        record = self.host.read_deadline()
        supervisord = self.supervisord
        if supervisord is None or record is None or self.host.clock() < record.shim_kill_at:
            return
        supervisord.kill(supervisord.doomed(), "crash")

    def end(self, *, reloads: bool) -> None:
        """See `Supervisord.end`."""
        if self.supervisord is not None:
            self.supervisord.end(reloads=reloads)

    def reload(self, former: Supervisord) -> None:
        """Its next life: what the plugin keeps in memory beside each program and each answer is lost."""
        if self.supervisord is not former:
            return
        former.up = False
        new = Supervisord(self.host, former.pid, self.host.namespecs, former.number + 1)
        new.stage, new.limits, new._isolated_epoch = former.stage, former.limits, former._isolated_epoch
        self.supervisord = new
        self.host.emit(*self.greeting()[1:])

    def lose_supervisord(self) -> None:
        """Supervisord is killed; its programs are swept away."""
        lost = self.supervisord
        if lost is None:
            return
        self.host.emit(SupervisordDown(-9, "killed"))
        self.host.later(SWEPT_WITHIN * self.host.site.chance.random(), self._swept, lost)

    def _swept(self, lost: Supervisord) -> None:
        if self.supervisord is not lost:
            return
        lost.up = False
        lost.kill(list(lost.alive()))
        self.supervisord = None
        self.empty = True
        self.host.emit(NodeEmpty())
        self.host.later(RESTARTED_AFTER, self.start)
