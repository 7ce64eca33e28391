"""Items: what operators think of. scen2_srv_02 and scen2_hci_02 are parts of item 02."""

from __future__ import annotations

import msgspec

from tuiconsole.model.states import ApplicationState
from tuiconsole.model.status import ApplicationStatus, ClusterStatus
from tuiconsole.source.pattern import check_pattern

SCHEMA = "tuiconsole.items/1"
_PRECEDENCE = (ApplicationState.STOPPING, ApplicationState.STARTING, ApplicationState.RUNNING)


class ItemStatus(msgspec.Struct, frozen=True):
    """One item: the most active of its parts' states, their worst LEDs, the reasons of their failures."""

    item: str
    state: ApplicationState
    major_failure: bool
    minor_failure: bool
    nodes: tuple[str, ...]
    reason: str | None
    applications: tuple[str, ...]


class ItemsStatus(msgspec.Struct, frozen=True):
    """What `status --items --json` prints."""

    cluster: str
    observed_at: str
    items: tuple[ItemStatus, ...]
    schema: str = SCHEMA


def merge_items(status: ClusterStatus, pattern: str) -> ItemsStatus:
    """The items of a status, in the order of their names; applications that are no part of one are left out.

    Args:
        status: of the cluster.
        pattern: of the cluster file: a regular expression with the group `item`.
    """
    found = check_pattern(pattern)
    parts: dict[str, list[ApplicationStatus]] = {}
    for application in status.applications:
        match = found.search(application.name)
        if match is not None:
            parts.setdefault(match["item"], []).append(application)
    items = tuple(_merged(item, parts[item]) for item in sorted(parts))
    return ItemsStatus(status.cluster, status.observed_at, items)


def _merged(item: str, parts: list[ApplicationStatus]) -> ItemStatus:
    states = {part.state for part in parts}
    state = next((state for state in _PRECEDENCE if state in states), ApplicationState.STOPPED)
    reasons = [
        f"{part.name}: {part.reason}"
        for part in parts
        if part.reason and (part.major_failure or part.minor_failure)
    ]
    return ItemStatus(
        item,
        state,
        any(part.major_failure for part in parts),
        any(part.minor_failure for part in parts),
        tuple(dict.fromkeys(node for part in parts for node in part.nodes)),
        "; ".join(reasons) or None,
        tuple(part.name for part in parts),
    )
