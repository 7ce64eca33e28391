"""Every spawn passes here, whoever asked for it: the gate, the masked fork, and the last call before exec.

*The gate* replaces `spawn` on each process (an instance attribute: supervisor's classes stay as they are). It
refuses what an isolation, a floor or the guard forbids, and keeps SIGALRM out from the fork until the pid is
recorded, so that the deadman never misses a newborn process.

*The masked fork*: between fork and exec a child still has supervisord's Python signal handlers, and a TERM
sent then is lost (start then stop at once lost it in 27 of 40 tries). So all signals are blocked around the
fork, and the child unblocks them only when each is back to its default; a TERM that came meanwhile is pending
and kills it. The parent moves the child into its process group too, so that a signal to the group finds it at
once.
"""

from __future__ import annotations

import contextlib
import os
import signal

from supervisor.states import ProcessStates

from tuiconsole.clock import boottime
from tuiconsole.supervision.plugin.guard import once_only
from tuiconsole.supervision.plugin.kernel import die_with_parent
from tuiconsole.supervision.plugin.processes import chronicle_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_HANDLED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGHUP,
    signal.SIGCHLD,
    signal.SIGUSR2,
    signal.SIGALRM,
)
_ALL = frozenset(signal.valid_signals())
_ALARM = frozenset((signal.SIGALRM,))

TOKEN_VARIABLE = "TUICONSOLE_TOKEN"  # noqa: S105 (the name of a variable, not a secret)
INSTANCE_VARIABLE = "TUICONSOLE_INSTANCE"


class Spawning:
    """The gate of one supervisord.

    Args:
        incarnation: the tag that each process bears in its environment.
        refusal: why a process may not be spawned now; None if it may.
        spawned: told of each process after its fork.
    """

    def __init__(
        self, incarnation: str, refusal: Callable[[Any], str | None], spawned: Callable[[Any], None]
    ) -> None:
        self._incarnation = incarnation
        self._refusal = refusal
        self._spawned = spawned
        self._child_mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._parent = os.getpid()
        self._token: tuple[int, int] | None = None
        self.current: Any = None
        """The process that is being spawned, if any."""
        self.commanded = False
        """True while a spawn is one that a command asked for."""

    def fit(self, process: Any) -> None:
        """Put the gate before a process's `spawn`; harmless if it is there already."""
        if "spawn" not in vars(process):
            inner, words = process.spawn, process.get_execv_args
            process.spawn = lambda: self._spawn(process, inner)
            process.get_execv_args = lambda: _with_arguments(process, words)

    def fork(self) -> int:
        """`os.fork` with no signal lost in the child. See the module's text."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
        try:
            pid = os.fork()
        except BaseException:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            raise
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for number in _HANDLED:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, self._child_mask)
            return 0
        with contextlib.suppress(OSError):  # it may have done so itself, or be gone
            os.setpgid(pid, pid)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return pid

    def execve(self, filename: str, argv: list[str], env: Mapping[str, str]) -> None:
        """`os.execve` with token and tag, and the child bound to supervisord's life. Runs in the child."""
        final = dict(env)
        final.pop(TOKEN_VARIABLE, None)
        final[INSTANCE_VARIABLE] = self._incarnation
        if self._token is not None:
            final[TOKEN_VARIABLE] = f"{self._token[0]}-{self._token[1]}"
        die_with_parent()
        if os.getppid() != self._parent:  # supervisord died before the line above
            os._exit(127)
        os.execve(filename, argv, final)  # noqa: S606 (this is what supervisord does)

    def _spawn(self, process: Any, inner: Callable[[], Any]) -> Any:
        chronicle = chronicle_of(process)
        if not self.commanded and process.state in (ProcessStates.STOPPED, ProcessStates.FATAL):
            chronicle.token = chronicle.grant = None  # somebody else starts it: the old token is not his
            chronicle.arguments = ()
        refusal = self._refusal(process)
        if refusal is not None:
            process.spawnerr = refusal
            chronicle.reason = refusal
            once_only(process)
            return None
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ALARM)
        self.current, self._token = process, chronicle.token
        chronicle.started_at = boottime()
        chronicle.expected_exit, chronicle.exit_status, chronicle.reason = True, None, ""
        try:
            pid = inner()
        finally:
            self.current = None
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self._spawned(process)
        return pid


def _with_arguments(process: Any, words: Callable[[], Any]) -> tuple[str, list[str]]:
    """The command of the program section and what is added to it; the section itself stays as it is."""
    filename, argv = words()
    return filename, [*argv, *chronicle_of(process).arguments]
