"""Which settings of a cluster file safety rests on, and which only set the pace or the looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tuiconsole.model.agreement import Agreement, digest
from tuiconsole.settings.timing import SAFETY, Timing

if TYPE_CHECKING:
    from tuiconsole.settings.cluster import ClusterNode


def agreement(
    data: Mapping[str, Any],
    name: str,
    coordinator: str,
    endpoints: tuple[str, ...],
    guard: str,
    nodes: Iterable[ClusterNode],
    timing: Timing,
) -> Agreement:
    """Of one cluster file.

    Args:
        data: the whole file.
        name: the cluster's.
        coordinator: the engine's name.
        endpoints: of etcd, if that is the engine.
        guard: `deny` or `report`: under `report` a program may be started past its grant.
        nodes: all; the core nodes count with their addresses.
        timing: in force, profile included.
    """
    cores = sorted((node.name, f"{node.host}:{node.port}") for node in nodes if node.core)
    safety = {
        "cluster.name": name,
        "coordinator": coordinator,
        "core nodes": ", ".join(f"{core} at {address}" for core, address in cores),
        "guard": guard,
        **{field: f"{getattr(timing, field):.9g}" for field in SAFETY},
    }
    if endpoints:
        safety["etcd.endpoints"] = ", ".join(sorted(endpoints))
    rest = {f"[{table}]": digest(value) for table, value in data.items() if table != "timing"}
    pace = {field: getattr(timing, field) for field in Timing.__struct_fields__ if field not in SAFETY}
    return Agreement(safety, {**rest, "[timing]": digest(pace)}, tuple(core for core, _ in cores))
