"""Joins the parts of the plugin to one supervisord.

What must survive supervisord's reload (a new `Supervisor` object in the same process) is in `Plugin`: the
listening socket, the record's descriptor, the standing orders, the deadman's stage. What belongs to one
`Supervisor` object is in `Attachment`.
"""

from __future__ import annotations

import json
import os
import signal
from typing import NamedTuple

from supervisor import events
from supervisor.states import ProcessStates

from tuiconsole.clock import boot_id, boottime
from tuiconsole.supervision.deadline import open_deadline, read_deadline
from tuiconsole.supervision.plugin.commands import Commands, RefusedError
from tuiconsole.supervision.plugin.deadman import DONE, Deadman
from tuiconsole.supervision.plugin.guard import GrantGuard, explain_refusals
from tuiconsole.supervision.plugin.isolation import Isolation
from tuiconsole.supervision.plugin.kernel import BootTimer, die_with_parent
from tuiconsole.supervision.plugin.local_rules import read_local_rules
from tuiconsole.supervision.plugin.processes import (
    Roster,
    chronicle_of,
    describe,
    namespec_of,
    record_exit,
    settings,
)
from tuiconsole.supervision.plugin.ring import EventRing
from tuiconsole.supervision.plugin.scaling import Scaling
from tuiconsole.supervision.plugin.server import LineServer, listen
from tuiconsole.supervision.plugin.spawning import Spawning
from tuiconsole.supervision.plugin.standing import StandingOrders
from tuiconsole.supervision.plugin.wakeup import WokenLoop
from tuiconsole.supervision.spared import open_spared
from tuiconsole.supervision.spared import write as write_spared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tuiconsole.supervision.deadline import DeadlineRecord
    from tuiconsole.supervision.plugin.server import Client

SOCKET_NAME = "plugin.sock"
"""Name of the plugin's socket in the run directory."""
ORDERS_DIRECTORY = "plugin"
"""Directory below the state directory that holds the standing orders: it is given to supervisord's user."""

_OPS = ("start", "stop", "release", "manage", "rejoin", "covered", "shutdown")


FEATURES = ("arguments", "scale")
"""What this plugin can do beyond those of the first version: an agent may find an older one than itself."""


class Place(NamedTuple):
    """Where the launcher puts the plugin."""

    run_dir: str
    state_dir: str
    incarnation: str
    shim_pid: int


class Plugin:
    """One supervisord process's plugin. Made while it still has its first user's rights.

    Args:
        place: directories, incarnation and shim.
        owner: (uid, gid) that supervisord will drop to, or None.

    Raises:
        OSError, ValueError: a directory, the socket or the standing orders cannot be used; the text
            says which.
    """

    def __init__(self, place: Place, owner: tuple[int, int] | None) -> None:
        self.place = place
        self._boot = boot_id()
        self._deadline_fd = open_deadline(place.run_dir)
        self.spared_fd = open_spared(place.run_dir)
        self.orders = StandingOrders(*_orders_directory(place.state_dir, owner))
        self.orders.local, guard = read_local_rules(place.run_dir)
        self.orders.guard = guard or self.orders.guard
        self.listener = listen(os.path.join(place.run_dir, SOCKET_NAME))  # noqa: PTH118 (pathlib costs memory)
        self.ring = EventRing()
        self.timer = BootTimer()
        self.deadman = Deadman(self.read, self.timer, self._alive, self._terminate, self._sweep)
        self.attachment: Attachment | None = None
        signal.signal(signal.SIGALRM, self.deadman.on_alarm)

    @property
    def kept_fds(self) -> list[int]:
        """Descriptors that supervisord's reload must leave open."""
        return [self._deadline_fd, self.spared_fd, self.orders.directory_fd, self.listener.fileno()]

    def read(self) -> DeadlineRecord | None:
        """The deadline record in force, of this boot."""
        return read_deadline(self._deadline_fd, self._boot)

    def bind_to_shim(self) -> None:
        """Die with the shim; after the privileges are dropped, which would undo it."""
        if self.place.shim_pid:
            die_with_parent()
            if os.getppid() != self.place.shim_pid:
                os._exit(1)

    def attach(self, supervisord: Any) -> None:
        """Take part in a supervisord's life."""
        self.attachment = Attachment(self, supervisord)

    def detach(self) -> None:
        """Part with it: it ends or reloads."""
        if self.attachment is not None:
            self.timer.disarm()
            self.attachment.close()
            self.attachment = None
            self.ring = EventRing()

    def _alive(self) -> bool:
        return self.attachment is not None and self.attachment.isolation.alive()

    def _terminate(self) -> None:
        if self.attachment is not None:
            self.attachment.isolation.terminate()

    def _sweep(self) -> int:
        return 0 if self.attachment is None else self.attachment.isolation.sweep()


def _orders_directory(state_dir: str, owner: tuple[int, int] | None) -> tuple[int, str]:
    path = os.path.join(state_dir, ORDERS_DIRECTORY)  # noqa: PTH118 (pathlib costs memory)
    os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103
    if owner is not None and os.getuid() == 0:
        os.chown(path, *owner)
        for name in os.listdir(path):  # noqa: PTH208
            os.chown(os.path.join(path, name), *owner)  # noqa: PTH118
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), path


class Attachment:
    """The plugin's hold on one `Supervisor` object."""

    def __init__(self, plugin: Plugin, supervisord: Any) -> None:
        self._plugin = plugin
        self._options = supervisord.options
        self.roster = Roster(supervisord)
        self.isolation = Isolation(
            self.roster, plugin.orders, plugin.place.incarnation, plugin.place.shim_pid
        )
        self._guard = GrantGuard(plugin.orders, plugin.deadman.may_start)
        explain_refusals()
        self.spawning = Spawning(plugin.place.incarnation, self._refusal, self._spawned)
        self._scaling = Scaling(supervisord, plugin.orders, self._on_scaled)
        self._commands = Commands(
            self._options,
            self.roster,
            plugin.orders,
            self.spawning,
            plugin.deadman,
            self.isolation,
            self._scaling,
        )
        self._stage_told = plugin.deadman.stage
        self._list_is_old = True
        self._wait_status: dict[int, int] = {}
        """Of the pid that supervisord has just reaped; it keeps less than this itself."""
        self.server = LineServer(plugin.listener, self._on_line, self._on_oversized)
        self.server.attach(self._options.get_socket_map())
        self._loop = WokenLoop(self._options, self.roster.__iter__, self._before_poll, self._heed_deadman)
        self._loop.install()
        events.subscribe(events.ProcessStateEvent, self._on_process)
        events.subscribe(events.ProcessGroupEvent, self._on_group)
        events.subscribe(events.SupervisorStoppingEvent, self._on_stopping)
        for process in self.roster:
            self.spawning.fit(process)
            chronicle_of(process)
        plugin.deadman.arm()

    def close(self) -> None:
        """Undo what the constructor did."""
        self._loop.uninstall()
        self.server.detach()

    def _publish(self, event: dict[str, object]) -> None:
        self._list_is_old = True
        self._loop.kick()
        self.server.publish(self._plugin.ring.append(event))

    def _refusal(self, process: Any) -> str | None:
        plugin = self._plugin
        if plugin.deadman.isolated and self.isolation.must_stop(process):
            return f"{namespec_of(process)} may not run: the node has lost its lease"
        refusal = self._guard.refusal(process)
        if refusal is not None and process.spawnerr != refusal:
            self._options.logger.warn(refusal)
            # Nothing else happens to it, and who asks later why it does not run has to be told.
            chronicle_of(process).reason = refusal
            self._publish({"event": "process", **describe(process)})
        return refusal

    def _spawned(self, process: Any) -> None:
        try:
            if process.state == ProcessStates.STARTING:
                self._publish({"event": "process", **describe(process)})
            if self._guard.unguarded(process):
                self._publish({"event": "unguarded", "namespec": namespec_of(process)})
            self._plugin.deadman.arm()
        except Exception:  # noqa: BLE001 (it would surface in supervisord's main loop)
            self.server.counters.faults += 1

    def _on_process(self, event: Any) -> None:
        try:
            process = event.process
            state = process.state
            chronicle = chronicle_of(process)
            chronicle.changed_at = boottime()
            if state == ProcessStates.STARTING and process is self.spawning.current:
                return  # told after the fork, with its pid
            if state in (ProcessStates.EXITED, ProcessStates.STOPPED, ProcessStates.BACKOFF):
                expected = state == ProcessStates.STOPPED or (
                    state == ProcessStates.EXITED and event.expected
                )
                record_exit(process, self._wait_status.pop(process.pid, None), expected)
            self._publish({"event": "process", **describe(process)})
        except Exception:  # noqa: BLE001 (events.notify has no guard: it would end supervisord)
            self.server.counters.faults += 1

    def _on_group(self, event: Any) -> None:
        try:
            added = isinstance(event, events.ProcessGroupAddedEvent)
            if added:
                for process in self.roster:
                    self.spawning.fit(process)
                    chronicle_of(process)
            self._publish({"event": "group_added" if added else "group_removed", "group": event.group})
        except Exception:  # noqa: BLE001 (events.notify has no guard: it would end supervisord)
            self.server.counters.faults += 1

    def _on_scaled(self, group: str) -> None:
        for process in self.roster:
            self.spawning.fit(process)
            chronicle_of(process)
        self._publish({"event": "group_added", "group": group})

    def _on_stopping(self, _event: Any) -> None:
        try:
            self._publish({"event": "stopping"})
        except Exception:  # noqa: BLE001 (events.notify has no guard: it would end supervisord)
            self.server.counters.faults += 1

    def _before_poll(self) -> None:
        if self._scaling.waits:
            # Something could not be taken away while it was alive; here nobody walks over the processes.
            try:
                self._scaling.apply()
            except Exception:  # noqa: BLE001 (it would surface in supervisord's main loop)
                self.server.counters.faults += 1
        if self._list_is_old:
            self._list_spared()
        self.server.bury(self._options.poller)

    def _list_spared(self) -> None:
        """Tell the shim what to leave alone at its deadline."""
        self._list_is_old = False
        try:
            write_spared(self._plugin.spared_fd, self.isolation.spared())
        except Exception:  # noqa: BLE001 (it would surface in supervisord's main loop)
            self._list_is_old = True
            self.server.counters.faults += 1

    def reaped(self, pid: int, status: int) -> None:
        """Supervisord has reaped a process, and will look at it after this."""
        self._wait_status = {pid: status}
        # The deadman may have acted since this round of the loop has begun, and have ended this very process.
        self._heed_deadman()

    def _heed_deadman(self) -> None:
        deadman = self._plugin.deadman
        if not deadman.isolated and self._stage_told == deadman.stage:
            return
        try:
            if deadman.isolated and deadman.stage != DONE:
                self.isolation.tell()
            if deadman.stage != self._stage_told:
                self._stage_told = deadman.stage
                if deadman.isolated:
                    self._options.logger.critical(f"the node has lost its lease: stage {deadman.stage}")
                    epoch = self._plugin.orders.epoch
                    self._publish({"event": "isolated", "stage": deadman.stage, "epoch": epoch})
        except Exception:  # noqa: BLE001 (it would surface in supervisord's main loop)
            self.server.counters.faults += 1

    def _on_oversized(self, client: Client) -> None:
        self._answer(
            client, None, error=("bad_request", f"a line may have {self.server.line_max} bytes at most")
        )

    def _on_line(self, client: Client, line: bytes) -> None:
        identity: object = None
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise RefusedError("bad_request", "a request is a JSON object")
            identity = request.get("id")
            op = request.get("op")
            if op == "hello":
                self._hello(client, identity, request)
            elif op == "snapshot":
                self._answer(client, identity, self._snapshot())
            elif isinstance(op, str) and op in _OPS:
                self._list_is_old = True
                self._answer(client, identity, getattr(self._commands, op)(request))
            else:
                raise RefusedError("bad_request", f"no such op: {op!r}")
            self._loop.kick()
        except RefusedError as error:
            if error.code == "bad_request":
                self.server.counters.malformed += 1
            self._answer(client, identity, error=(error.code, error.reason))
        except (ValueError, RecursionError):
            self.server.counters.malformed += 1
            self._answer(client, identity, error=("bad_request", "not a line of JSON"))
        except Exception as error:  # noqa: BLE001 (it would surface in supervisord's main loop)
            self.server.counters.faults += 1
            self._answer(client, identity, error=("failed", f"{type(error).__name__}: {error}"))

    def _answer(
        self,
        client: Client,
        identity: object,
        result: Mapping[str, object] | None = None,
        error: tuple[str, str] | None = None,
    ) -> None:
        answer: dict[str, object] = {"id": identity, "ok": error is None}
        if error is None:
            answer["result"] = result
        else:
            answer["error"], answer["reason"] = error
        client.send(json.dumps(answer, separators=(",", ":")).encode() + b"\n")

    def _hello(self, client: Client, identity: object, request: dict[str, Any]) -> None:
        ring = self._plugin.ring
        since, stream = request.get("since"), request.get("stream")
        missed = ring.since(since, stream) if isinstance(since, int) and isinstance(stream, str) else None
        place = self._plugin.place
        self._answer(
            client,
            identity,
            {
                "pid": os.getpid(),
                "incarnation": place.incarnation,
                "identifier": self._options.identifier,
                "stream": ring.stream,
                "seq": ring.last,
                "gap": missed is None,
                "features": FEATURES,
                "epoch": self._plugin.orders.epoch,
                "term": self._plugin.orders.term,
                "stage": self._plugin.deadman.stage,
                "counters": self.server.counters.as_dict(),
                "snapshot": self._snapshot() if missed is None else None,
            },
        )
        for line in missed or ():
            client.send(line)
        client.follows = True

    def _snapshot(self) -> dict[str, object]:
        processes = list(self.roster)
        return {
            "seq": self._plugin.ring.last,
            "stage": self._plugin.deadman.stage,
            "processes": [describe(process) for process in processes],
            "programs": [settings(process) for process in processes],
        }
