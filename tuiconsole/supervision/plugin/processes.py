"""Supervisord's processes as the rest of the system sees them."""

from __future__ import annotations

import os

from supervisor.datatypes import Automatic, RestartUnconditionally, RestartWhenExitUnexpected, Syslog
from supervisor.options import signame
from supervisor.states import ProcessStates, getProcessStateDescription

from tuiconsole.clock import boottime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ALIVE = frozenset(
    (ProcessStates.STARTING, ProcessStates.RUNNING, ProcessStates.BACKOFF, ProcessStates.STOPPING)
)
"""A process of the operating system exists, or may be spawned again at any moment."""

_FAILED = frozenset((ProcessStates.BACKOFF, ProcessStates.FATAL, ProcessStates.UNKNOWN))


def namespec_of(process: Any) -> str:
    """`group:name`."""
    return f"{process.group.config.name}:{process.config.name}"


def origin_of(config: Any) -> dict[str, object]:
    """From which program section it comes, and as which of its processes; see `scaling`."""
    origin = getattr(config, "tuiconsole_origin", None)
    if origin is None:
        return {}
    return {"program": origin.program, "index": origin.ordinal, "numprocs": origin.numprocs}


class Chronicle:
    """What supervisord does not keep about one process: boot times, its token, why it stopped."""

    __slots__ = (
        "arguments",
        "changed_at",
        "exit_status",
        "expected_exit",
        "grant",
        "reason",
        "started_at",
        "token",
        "void",
    )

    def __init__(self) -> None:
        self.changed_at = boottime()
        self.started_at = 0.0
        self.token: tuple[int, int] | None = None
        self.grant: str | None = None
        self.arguments: tuple[str, ...] = ()
        """Added to its command, at autorestarts too; until somebody else starts it."""
        self.void = False
        """True once its token was taken back: by an isolation, or with the epoch it was given under."""
        self.expected_exit = True
        self.exit_status: int | None = None
        self.reason = ""


def chronicle_of(process: Any) -> Chronicle:
    """The chronicle of a process, kept on the process itself so that it ends with it."""
    try:
        found: Chronicle = process.tuiconsole_chronicle
    except AttributeError:
        found = process.tuiconsole_chronicle = Chronicle()
    return found


class Roster:
    """All processes of one supervisord."""

    def __init__(self, supervisord: Any) -> None:
        self._supervisord = supervisord

    def __iter__(self) -> Iterator[Any]:
        for group in list(self._supervisord.process_groups.values()):
            yield from list(group.processes.values())

    def find(self, namespec: str) -> Any | None:
        """The process named `group:name`, or by its group alone where both names are the same."""
        group_name, _, name = namespec.partition(":")
        group = self._supervisord.process_groups.get(group_name)
        return None if group is None else group.processes.get(name or group_name)


def record_exit(process: Any, wait_status: int | None, expected: bool) -> None:
    """Keep how a process ended. `wait_status` is as waitpid gives it; None if it is not known."""
    chronicle = chronicle_of(process)
    chronicle.expected_exit = expected
    chronicle.exit_status = None if wait_status is None else os.waitstatus_to_exitcode(wait_status)
    if not expected and chronicle.exit_status is not None:
        status = chronicle.exit_status
        chronicle.reason = f"terminated by {signame(-status)}" if status < 0 else f"exit status {status}"


def describe(process: Any) -> dict[str, object]:
    """The fields of `tuiconsole.model.process.Process`."""
    chronicle = chronicle_of(process)
    state = process.state
    failed = state in _FAILED
    return {
        "group": process.group.config.name,
        "name": process.config.name,
        "state": getProcessStateDescription(state),
        "pid": process.pid if state in ALIVE else 0,
        "expected_exit": chronicle.expected_exit and not failed,
        "exit_status": chronicle.exit_status,
        "changed_at": chronicle.changed_at,
        "started_at": chronicle.started_at,
        "token": chronicle.token,
        "arguments": chronicle.arguments,
        **origin_of(process.config),
        "reason": chronicle.reason or (process.spawnerr or "" if failed else ""),
        "restarts": state == ProcessStates.EXITED and restarts_itself(process),
    }


def restarts_itself(process: Any) -> bool:
    """Whether supervisord starts it again by itself, as it has ended; see its `transition`."""
    restart = process.config.autorestart
    return restart is RestartUnconditionally or (
        restart is RestartWhenExitUnexpected and process.exitstatus not in process.config.exitcodes
    )


def _log_path(setting: Any) -> str | None:
    if not setting or setting is Automatic or setting is Syslog or not isinstance(setting, str):
        return None
    return setting


def settings(process: Any) -> dict[str, object]:
    """What its program section says, as far as others need it. Paths are None where no file is written."""
    config = process.config
    return {
        "namespec": namespec_of(process),
        "stdout_logfile": _log_path(config.stdout_logfile),
        "stderr_logfile": _log_path(
            config.stdout_logfile if config.redirect_stderr else config.stderr_logfile
        ),
        "startsecs": config.startsecs,
        "stopwaitsecs": config.stopwaitsecs,
        "autostart": bool(config.autostart),
    }
