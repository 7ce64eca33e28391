"""The operational status: whether an application's formula holds. Major failure is that it does not.

As in Supvisors, up is what is starting, running, or has exited as expected, and `required` counts no more
once there is a formula. Beyond that: what a start has not got to yet is given the benefit of the doubt; and
what is stopped or being stopped has failed only if one of its processes has.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from tuiconsole.model.states import ApplicationState, ProcessState
from tuiconsole.model.status import ProcessStatus
from tuiconsole.planning.catalogue import Application

_UP = frozenset({ProcessState.STARTING, ProcessState.RUNNING, ProcessState.BACKOFF})


def judged(
    application: Application,
    processes: Sequence[ProcessStatus],
    state: ApplicationState,
    to_come: Collection[str],
) -> tuple[bool, str]:
    """Whether an application with a formula has a major failure, and why, in words.

    Args:
        application: whose rules have a formula.
        processes: all of them.
        state: of the application.
        to_come: namespecs that a job has not got to yet.
    """
    formula = application.rules.formula if application.rules is not None else None
    if formula is None or state is ApplicationState.STOPPING:
        return False, ""
    if state is ApplicationState.STOPPED and not any(p.major_failure or p.minor_failure for p in processes):
        return False, ""
    up = {process.name: process.namespec in to_come or _is_up(process) for process in processes}
    if formula.holds(up):
        return False, ""
    troubles = formula.troubles(up)
    why = f": {troubles[0].what}" if troubles else ""
    return True, f"its operational_status does not hold{why} ({formula.text})"


def by_formula(processes: Sequence[ProcessStatus]) -> tuple[ProcessStatus, ...]:
    """The processes with their LEDs as they are where a formula and not `required` tells major failures."""
    return tuple(
        msgspec.structs.replace(process, major_failure=False, minor_failure=process.sequence > 0)
        if process.major_failure
        else process
        for process in processes
    )


def _is_up(process: ProcessStatus) -> bool:
    return process.state in _UP or (process.state is ProcessState.EXITED and process.expected_exit)
