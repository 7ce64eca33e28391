"""The deadman: stops what a node without a lease must not run, also when its agent is dead.

A timer on CLOCK_BOOTTIME raises SIGALRM; its handler runs between two bytecodes, so it also interrupts a mass
start. The handler reads the deadline record and signals processes directly; what supervisord itself must
learn of it (no restart) is told by its main loop, which the same signal wakes. Once begun, an isolation is
completed: a lease that comes back after `stop_at` changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from tuiconsole.clock import boottime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tuiconsole.supervision.deadline import DeadlineRecord
    from tuiconsole.supervision.plugin.kernel import BootTimer

RECHECK = 0.5
"""Seconds between two looks at the record while its `stop_at` is far: one withdrawn early is seen by then."""
SWEEP_INTERVAL = 0.02
"""Seconds between two sweeps while something still lives: forking programs leave more."""
LOOP_SHARE = 2.0
"""After a sweep supervisord's main loop has so many times as long as it took: it has to reap what was killed,
without which nothing ever ends. On a busy machine, or with many processes, one outlasts the interval."""

HELD, STOP, KILL, DONE = "held", "stop", "kill", "done"
"""Stages, in their order: no isolation; terminated; being killed; nothing managed is left."""


class Limits(NamedTuple):
    """The last promise read from the record."""

    stop_at: float
    kill_at: float


class Step(NamedTuple):
    """What to do now, and when to look again (None: not before something is spawned)."""

    stage: str
    terminate: bool
    sweep: bool
    again_at: float | None


def next_step(stage: str, now: float, limits: Limits | None, alive: bool) -> Step:
    """Decide. `alive`: something that must stop is running, or may be spawned again at any moment."""
    if stage == DONE or limits is None or (stage == HELD and not alive):
        return Step(stage, False, False, None)
    if stage == HELD:
        if now < limits.stop_at:
            return Step(HELD, False, False, min(limits.stop_at, now + RECHECK))
        if now < limits.kill_at:
            return Step(STOP, True, False, limits.kill_at)
    elif stage == STOP and now < limits.kill_at:
        return Step(STOP, False, False, limits.kill_at)
    return Step(KILL, False, True, now + SWEEP_INTERVAL)


class Deadman:
    """Runs the steps. `terminate` and `sweep` are called in the signal handler and must not wait.

    Args:
        read: the newest valid deadline record, or None.
        timer: raises SIGALRM, whose handler is `on_alarm`.
        alive: whether something that must stop on isolation is alive.
        terminate: signal all that must stop.
        sweep: kill all that must stop with all that descends from it; how many were still found.
    """

    def __init__(
        self,
        read: Callable[[], DeadlineRecord | None],
        timer: BootTimer,
        alive: Callable[[], bool],
        terminate: Callable[[], None],
        sweep: Callable[[], int],
    ) -> None:
        self._read = read
        self._timer = timer
        self._alive = alive
        self._terminate = terminate
        self._sweep = sweep
        self.stage = HELD
        self.limits: Limits | None = None
        self.faults = 0
        """Exceptions in the handler; each was followed by another try."""

    @property
    def isolated(self) -> bool:
        """True from the first TERM until the node has rejoined."""
        return self.stage != HELD

    def may_start(self) -> bool:
        """True while a valid record holds and its stop time has not come. A missing record holds nothing."""
        record = self._read()
        return not self.isolated and record is not None and boottime() < record.stop_at

    def arm(self) -> None:
        """Look at the record now, and from now on. Called with SIGALRM blocked, or out of its reach."""
        self._timer.arm(0.0)

    def on_alarm(self, *_: object) -> None:
        """The handler of SIGALRM."""
        try:
            self._step()
        except Exception:  # noqa: BLE001 (an exception would surface anywhere in supervisord's main loop)
            self.faults += 1
            self._timer.arm(boottime() + SWEEP_INTERVAL)

    def rejoin(self) -> None:
        """The node is under a new epoch and nothing managed runs: obey again."""
        self.stage = HELD
        self.limits = None

    def _step(self) -> None:
        if self.stage == HELD:
            record = self._read()
            if record is not None:
                self.limits = Limits(record.stop_at, record.kill_at)
        step = next_step(self.stage, boottime(), self.limits, self._alive())
        self.stage = step.stage
        if step.again_at is None or step.sweep:
            self._timer.disarm()
        else:
            self._timer.arm(step.again_at)
        if step.terminate:
            self._terminate()
        if step.sweep:
            self._sweep_once()

    def _sweep_once(self) -> None:
        """The timer stands still meanwhile: the handler would interrupt itself."""
        began = boottime()
        found = self._sweep()
        if found == 0 and not self._alive():
            self.stage = DONE
        else:
            now = boottime()
            self._timer.arm(now + max(SWEEP_INTERVAL, LOOP_SHARE * (now - began)))
