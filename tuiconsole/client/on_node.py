"""What has to be stopped so that a node runs nothing."""

from __future__ import annotations

from collections.abc import Iterable

from tuiconsole.model.status import ApplicationStatus


def targets_on(
    applications: Iterable[ApplicationStatus], node: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to stop so that a node runs nothing; and what runs elsewhere too: a stop would be for all.

    An application that runs nowhere else is stopped as a whole.
    """
    targets: list[str] = []
    spared: list[str] = []
    for application in applications:
        alive = [one for one in application.processes if one.state.alive]
        here = [one for one in alive if node in one.nodes]
        if not here:
            continue
        if all(one.nodes == (node,) for one in alive):
            targets.append(application.name)
            continue
        for one in here:
            (targets if one.nodes == (node,) else spared).append(one.namespec)
    return tuple(targets), tuple(spared)
