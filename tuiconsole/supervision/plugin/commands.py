"""The commands of the agent: what is asked, what is refused, and why.

A request is `{"id": N, "op": NAME, ...}`; its answer `{"id": N, "ok": true, "result": ...}` or `{"id": N,
"ok": false, "error": CODE, "reason": TEXT}`. Codes: `bad_request`, `unknown`, `stale_term`, `stale_epoch`,
`stale_token`, `expired`, `disabled`, `no_lease`, `isolated`, `stopping`, `running`, `shutting_down`, `busy`,
`failed`.
"""

from __future__ import annotations

from collections import OrderedDict

from supervisor.states import ProcessStates, SupervisorStates, getProcessStateDescription

from tuiconsole.clock import boottime
from tuiconsole.supervision.plugin.guard import DENY, GUARDS, words_of_disabled
from tuiconsole.supervision.plugin.local_rules import local_rules
from tuiconsole.supervision.plugin.processes import ALIVE, chronicle_of, namespec_of, restarts_itself
from tuiconsole.supervision.plugin.standing import Managed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tuiconsole.supervision.plugin.deadman import Deadman
    from tuiconsole.supervision.plugin.isolation import Isolation
    from tuiconsole.supervision.plugin.processes import Roster
    from tuiconsole.supervision.plugin.scaling import Scaling
    from tuiconsole.supervision.plugin.spawning import Spawning
    from tuiconsole.supervision.plugin.standing import StandingOrders

REQUESTS_REMEMBERED = 1024
"""Answers kept for repeated request ids: far more than can be in flight."""

ISOLATIONS = ("STOP", "KEEP", "ALLOW")


class RefusedError(Exception):
    """A command is not obeyed."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def text_of(request: dict[str, Any], field: str) -> str:
    """A field that must be a text that is not empty."""
    value = request.get(field)
    if not isinstance(value, str) or not value:
        raise RefusedError("bad_request", f"{field} must be a text")
    return value


def number_of(request: dict[str, Any], field: str) -> int:
    """A field that must be a whole number, 0 or more."""
    value = request.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RefusedError("bad_request", f"{field} must be a whole number, 0 or more")
    return value


def token_of(request: dict[str, Any], field: str) -> tuple[int, int]:
    """A field that must be a token: [term, number]."""
    value = request.get(field)
    if (
        not isinstance(value, list)
        or len(value) != 2
        or any(not isinstance(part, int) or isinstance(part, bool) or part < 0 for part in value)
    ):
        raise RefusedError("bad_request", f"{field} must be [term, number]")
    return value[0], value[1]


def arguments_of(request: dict[str, Any]) -> tuple[str, ...]:
    """What is to be added to a command: texts that a program can be given."""
    value = request.get("arguments", [])
    if not isinstance(value, list) or not all(isinstance(one, str) and "\0" not in one for one in value):
        raise RefusedError("bad_request", "arguments must be a list of texts without NUL")
    return tuple(value)


def scales_of(request: dict[str, Any]) -> dict[str, int]:
    """How many processes programs have: {"group:program": number}."""
    value = request.get("scales", {})
    if not isinstance(value, dict) or not all(
        isinstance(key, str) and isinstance(number, int) and not isinstance(number, bool) and number > 0
        for key, number in value.items()
    ):
        raise RefusedError("bad_request", "scales must be an object of numbers greater than 0")
    return dict(value)


def _isolation_of(request: dict[str, Any]) -> str:
    isolation = request.get("isolation", ISOLATIONS[0])
    if isolation not in ISOLATIONS:
        raise RefusedError("bad_request", f"isolation must be one of {', '.join(ISOLATIONS)}")
    return str(isolation)


class Commands:
    """Obeys or refuses. Each public method named as an `op` takes the request and gives its result.

    Raises (each of them):
        RefusedError: with its code and the reason in words.
    """

    def __init__(
        self,
        options: Any,
        roster: Roster,
        orders: StandingOrders,
        spawning: Spawning,
        deadman: Deadman,
        isolation: Isolation,
        scaling: Scaling,
    ) -> None:
        self._options = options
        self._roster = roster
        self._orders = orders
        self._spawning = spawning
        self._deadman = deadman
        self._isolation = isolation
        self._scaling = scaling
        self._done: OrderedDict[str, dict[str, object]] = OrderedDict()

    def start(self, request: dict[str, Any]) -> dict[str, object]:
        """Spawn a program under a token, now. A repeated request id gets its first answer."""
        repeated = self._repeated(request)
        if repeated is not None:
            return repeated
        process, namespec = self._find(request)
        token, grant = token_of(request, "token"), text_of(request, "grant")
        arguments = arguments_of(request)
        self._refuse_stale(request)
        deadline = request.get("deadline")
        if not isinstance(deadline, (int, float)) or isinstance(deadline, bool):
            raise RefusedError("bad_request", "deadline must be seconds of CLOCK_BOOTTIME")
        if boottime() >= deadline:
            raise RefusedError("expired", f"the command to start {namespec} came after its deadline")
        if namespec in self._orders.disabled:
            raise RefusedError("disabled", words_of_disabled(namespec, self._orders.disabled[namespec]))
        self._refuse_void(namespec, grant, token)
        if "isolation" in request:
            # The list may be older than this start: what the node does when isolated is settled with it.
            self._orders.govern(namespec, Managed(grant, _isolation_of(request)))
        chronicle = chronicle_of(process)
        if process.state in ALIVE and process.state != ProcessStates.STOPPING:
            if chronicle.token == token and not chronicle.void:
                return self._remember(request, {**self._outcome(process), "already": True})
            held = (
                "no token" if chronicle.token is None else f"token {chronicle.token[0]}-{chronicle.token[1]}"
            )
            raise RefusedError("running", f"{namespec} runs already, under {held}, pid {process.pid}")
        if process.state == ProcessStates.STOPPING:
            raise RefusedError("stopping", f"{namespec} is stopping")
        if process.state == ProcessStates.UNKNOWN:
            raise RefusedError("failed", f"{namespec} is in state UNKNOWN: supervisord cannot control it")
        chronicle.arguments = arguments
        self._spawn(process, token, grant)
        return self._remember(request, {**self._outcome(process), "already": False})

    def stop(self, request: dict[str, Any]) -> dict[str, object]:
        """Send the stop signal now; the events tell the rest. A `floor` voids starts it has overtaken.

        Without a term it is a person's word where there is no master: to stop is always safe.
        """
        repeated = self._repeated(request)
        if repeated is not None:
            return repeated
        process, _ = self._find(request)
        floor = (text_of(request, "grant"), token_of(request, "floor")) if "floor" in request else None
        ordered = "term" in request or floor is not None
        if ordered:
            self._refuse_former(request)
        state = process.state
        already = state not in ALIVE or state == ProcessStates.STOPPING
        if not already:
            chronicle_of(process).reason = str(request.get("reason") or "stopped on request")
            failure = process.stop()
            if failure:
                raise RefusedError("failed", failure)
        elif state == ProcessStates.EXITED and restarts_itself(process):
            process.change_state(ProcessStates.STOPPED)
        if ordered:
            # Last: a disk that is full must not keep anything from being stopped.
            self._refuse_stale(request)
        if floor is not None:
            self._orders.raise_floor(*floor)
        return self._remember(request, {**self._outcome(process), "already": already})

    def release(self, request: dict[str, Any]) -> dict[str, object]:
        """Never again obey a token up to `floor` for `grant`; clear if none of its processes is alive."""
        grant, floor = text_of(request, "grant"), token_of(request, "floor")
        namespecs = request.get("namespecs")
        if not isinstance(namespecs, list) or not all(isinstance(name, str) for name in namespecs):
            raise RefusedError("bad_request", "namespecs must be a list of texts")
        self._refuse_stale(request)
        self._orders.raise_floor(grant, floor)
        alive = []
        for namespec in namespecs:
            process = self._roster.find(namespec)
            if process is not None and process.state in ALIVE:
                alive.append(namespec)
        return {"clear": not alive, "running": alive, "floor": self._orders.floor(grant)}

    def manage(self, request: dict[str, Any]) -> dict[str, object]:
        """Put a list of managed names in force, and what the node's own rules name."""
        programs = request.get("programs")
        if not isinstance(programs, list) or not all(isinstance(entry, dict) for entry in programs):
            raise RefusedError("bad_request", "programs must be a list of objects")
        managed, disabled = {}, {}
        for entry in programs:
            namespec = text_of(entry, "namespec")
            managed[namespec] = Managed(text_of(entry, "grant"), _isolation_of(entry))
            if entry.get("disabled"):
                disabled[namespec] = text_of(entry, "disabled")
        guard = request.get("guard", DENY)
        if guard not in GUARDS:
            raise RefusedError("bad_request", f"guard must be one of {', '.join(GUARDS)}")
        if "term" in request:
            self._refuse_stale({"epoch": self._orders.epoch, **request})
        scales = scales_of(request)
        if "names" in request or "patterns" in request:
            try:
                self._orders.local = local_rules(request.get("names"), request.get("patterns"))
            except ValueError as error:
                raise RefusedError("bad_request", str(error)) from None
        self._orders.manage(managed, guard, disabled, scales)
        self._scaling.apply()
        self._deadman.arm()
        return {"managed": len(managed)}

    def rejoin(self, request: dict[str, Any]) -> dict[str, object]:
        """End an isolation under a new epoch, once nothing that had to stop is alive."""
        epoch = number_of(request, "epoch")
        if self._deadman.isolated:
            if epoch <= self._orders.epoch:
                raise RefusedError(
                    "stale_epoch", f"epoch {epoch} is not newer than {self._orders.epoch}, which was isolated"
                )
            if self._isolation.alive():
                raise RefusedError("busy", "managed processes of the isolated epoch are still alive")
        elif epoch < self._orders.epoch:
            raise RefusedError("stale_epoch", f"epoch {epoch} is older than {self._orders.epoch}")
        if epoch > self._orders.epoch:
            self._isolation.void_ended()
        self._orders.see(0, epoch)
        self._deadman.rejoin()
        return {"epoch": epoch}

    def covered(self, _request: dict[str, Any]) -> dict[str, object]:
        """What runs and must not run without a lease: all that is managed with isolation STOP."""
        return {"alive": [namespec_of(process) for process in self._isolation.doomed()]}

    def shutdown(self, _request: dict[str, Any]) -> dict[str, object]:
        """Supervisord's own orderly end."""
        self._options.mood = SupervisorStates.SHUTDOWN
        return {}

    def _find(self, request: dict[str, Any]) -> tuple[Any, str]:
        namespec = text_of(request, "namespec")
        process = self._roster.find(namespec)
        if process is None:
            raise RefusedError("unknown", f"supervisord has no program {namespec}")
        return process, namespec

    def _refuse_stale(self, request: dict[str, Any]) -> None:
        self._orders.see(*self._refuse_former(request))

    def _refuse_former(self, request: dict[str, Any]) -> tuple[int, int]:
        term, epoch = number_of(request, "term"), number_of(request, "epoch")
        if term < self._orders.term:
            raise RefusedError("stale_term", f"term {term} is over: term {self._orders.term} has been seen")
        if epoch < self._orders.epoch:
            raise RefusedError("stale_epoch", f"epoch {epoch} is over: this node is in {self._orders.epoch}")
        return term, epoch

    def _refuse_void(self, namespec: str, grant: str, token: tuple[int, int]) -> None:
        if self._options.mood < SupervisorStates.RUNNING:
            raise RefusedError("shutting_down", "supervisord is shutting down or reloading")
        if self._deadman.isolated:
            raise RefusedError("isolated", "the node has lost its lease and stops its managed processes")
        floor = self._orders.floor(grant)
        if token <= floor:
            raise RefusedError(
                "stale_token",
                f"token {token[0]}-{token[1]} of {grant} is void: all up to {floor[0]}-{floor[1]} are so",
            )
        if not self._deadman.may_start():
            raise RefusedError("no_lease", f"the node holds no lease under which {namespec} may start")

    def _spawn(self, process: Any, token: tuple[int, int], grant: str) -> None:
        chronicle = chronicle_of(process)
        # On disk before the process is there: a command that was held up somewhere must not be obeyed by the
        # next supervisord either. One write for each new token, none for the other processes under it.
        self._orders.raise_floor(grant, (token[0], token[1] - 1))
        chronicle.token, chronicle.grant, chronicle.void = token, grant, False
        self._spawning.commanded = True
        try:
            process.spawn()
        finally:
            self._spawning.commanded = False

    def _outcome(self, process: Any) -> dict[str, object]:
        return {
            "state": getProcessStateDescription(process.state),
            "pid": process.pid,
            "reason": process.spawnerr or "",
        }

    def _repeated(self, request: dict[str, Any]) -> dict[str, object] | None:
        key = request.get("request")
        if isinstance(key, str) and key in self._done:
            return {**self._done[key], "repeated": True}
        return None

    def _remember(self, request: dict[str, Any], result: dict[str, object]) -> dict[str, object]:
        key = request.get("request")
        if isinstance(key, str) and key:
            self._done[key] = result
            if len(self._done) > REQUESTS_REMEMBERED:
                self._done.popitem(last=False)
        return result
