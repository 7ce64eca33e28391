"""Statuses for tests: Scenario 2 as the reference describes it, and larger or nastier ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tuiconsole.model.alarms import AlarmMark, AlarmRecord
from tuiconsole.model.events import Event, Severity
from tuiconsole.model.node import Machine, Pids
from tuiconsole.model.plan import (
    Basis,
    Candidate,
    Plan,
    PlannedHost,
    PlannedMove,
    PlannedPlace,
    PlannedTarget,
    Question,
    Result,
)
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState, ProcessState
from tuiconsole.model.status import (
    ApplicationStatus,
    ClusterStatus,
    GrantStatus,
    JobStatus,
    MasterStatus,
    NodeStatus,
    ProcessStatus,
    QuorumStatus,
)
from tuiconsole.model.why import Cause, Remedy, RuleInForce, Why
from tuiconsole.planning.alarms.listing import AlarmWatch, listed
from tuiconsole.planning.alarms.standing import standing

NO_NODE = (
    "no node could be found: LOCAL means server_2, which is none of its identifiers "
    "(console_1, console_2, console_3)"
)

SRV = (
    ("scen2_internal_data_bus", 1, 2, False),
    ("scen2_check_internal_data_bus", 2, 0, False),
    ("scen2_config_manager", 3, 10, True),
    ("scen2_data_processing", 3, 10, True),
    ("scen2_sensor_acquisition", 3, 10, True),
    ("scen2_check_common_data_bus", 3, 0, False),
    ("scen2_common_bus_interface", 4, 10, False),
)
HCI = (
    ("scen2_internal_data_bus", 1, 2, True),
    ("scen2_check_internal_data_bus", 2, 0, False),
    ("scen2_chart_view", 3, 8, False),
    ("scen2_sensor_control", 3, 8, False),
    ("scen2_sensor_view", 3, 8, False),
)


def process(
    group: str, name: str, state: ProcessState = ProcessState.STOPPED, **fields: Any
) -> ProcessStatus:
    """A process; what is not said is as of one that never ran."""
    values: dict[str, Any] = {
        "nodes": (),
        "pid": None,
        "expected_exit": True,
        "required": False,
        "expected_loading": 0,
        "uptime": None,
        "cpu": None,
        "memory": None,
    }
    return ProcessStatus(name, f"{group}:{name}", state, **{**values, **fields})


def application(
    name: str,
    programs: tuple[tuple[str, int, int, bool], ...],
    node: str = "",
    *,
    seed: int = 1,
    **fields: Any,
) -> ApplicationStatus:
    """An application of Scenario 2: RUNNING on `node`, with its checks exited; STOPPED without one."""
    processes = []
    for number, (program, sequence, load, required) in enumerate(programs):
        common: dict[str, Any] = {"sequence": sequence, "expected_loading": load, "required": required}
        if not node:
            processes.append(process(name, program, **common))
        elif "check" in program:
            processes.append(process(name, program, ProcessState.EXITED, nodes=(node,), **common))
        else:
            processes.append(
                process(
                    name,
                    program,
                    ProcessState.RUNNING,
                    nodes=(node,),
                    pid=4_000 + 100 * seed + number,
                    uptime=60.0 * seed + 12.5,
                    cpu=0.3 + 0.4 * number,
                    memory=11_272_192 + 700_000 * number,
                    **common,
                )
            )
    grant = GrantStatus(node, (3, 10 + seed), "2026-11-23T11:58:00.000Z", node) if node else None
    values: dict[str, Any] = {
        "managed": True,
        "state": ApplicationState.RUNNING if node else ApplicationState.STOPPED,
        "major_failure": False,
        "minor_failure": False,
        "nodes": (node,) if node else (),
        "grant": grant,
        "reason": None,
        "processes": tuple(processes),
    }
    return ApplicationStatus(name=name, **{**values, **fields})


def refused_hci(name: str = "scen2_hci_03") -> ApplicationStatus:
    """The application for which no node could be found: both LEDs are lit."""
    plain = application(name, HCI, major_failure=True, minor_failure=True, reason=NO_NODE)
    failed = tuple(
        msgspec.structs.replace(
            one, major_failure=one.required, minor_failure=not one.required, reason="could not be placed"
        )
        for one in plain.processes
    )
    return msgspec.structs.replace(plain, processes=failed)


def starting_hci(name: str, node: str, step: int) -> ApplicationStatus:
    """An application on its way, at `step` of 3."""
    whole = application(name, HCI, node, seed=7)
    processes = []
    for one in whole.processes:
        if one.sequence > step:
            processes.append(
                process(name, one.name, sequence=one.sequence, expected_loading=one.expected_loading)
            )
        elif one.sequence == step:
            processes.append(
                msgspec.structs.replace(one, state=ProcessState.STARTING, nodes=(node,), pid=4_700 + step)
            )
        else:
            processes.append(one)
    waits = next(one.namespec for one in whole.processes if one.sequence == step)
    job = JobStatus("start", step, 3, (f"{waits} to exit" if step == 2 else f"{waits} to run",))
    return msgspec.structs.replace(
        whole, state=ApplicationState.STARTING, processes=tuple(processes), job=job
    )


def nodes() -> tuple[NodeStatus, ...]:
    """Three servers and three consoles on three hosts."""
    return tuple(
        NodeStatus(
            f"{kind}_{number}",
            NodeState.RUNNING,
            kind == "server",
            f"127.0.0.1{number}",
            68 if number == 3 else 42,
            0.1,
            Pids(base + 100 * number, base + 100 * number + 1, base + 100 * number + 2),
            (kind,),
            version="0.1.0",
            uptime=7_200.0 * number,
            lease=3.9,
            epoch=1,
            machine=Machine(8, 10 * number, 0.4 * number, 4_000_000_000 * number, 16_000_000_000),
            machine_uptime=86_400.0 * 3,
        )
        for kind, base in (("server", 0), ("console", 50))
        for number in (1, 2, 3)
    )


def common_bus() -> ApplicationStatus:
    """Unmanaged: always STOPPED, though its process runs on every node."""
    everywhere = tuple(node.name for node in nodes())
    return ApplicationStatus(
        name="common_data_bus",
        managed=False,
        state=ApplicationState.STOPPED,
        major_failure=False,
        minor_failure=False,
        nodes=everywhere,
        grant=None,
        reason=None,
        processes=(
            process(
                "common_data_bus",
                "common_data_bus",
                ProcessState.RUNNING,
                nodes=everywhere,
                pid=None,  # what runs on several nodes has several
                uptime=None,
                cpu=0.1,
                memory=9_000_000,
            ),
        ),
    )


def reference(**fields: Any) -> ClusterStatus:
    """Scenario 2 when hci_02 runs on console_3 and the start of hci_03 was refused on a server."""
    values: dict[str, Any] = {
        "cluster": "scenario_2",
        "state": ClusterState.OPERATION,
        "observed_at": "2026-11-23T12:00:00.000Z",
        "observer": "console_1",
        "master": MasterStatus("server_1", 3),
        "quorum": QuorumStatus(3, 3, 2, held=True),
        "nodes": nodes(),
        "applications": (
            common_bus(),
            application("scen2_srv_01", SRV, "server_1", seed=1),
            application("scen2_srv_02", SRV, "server_2", seed=2),
            application("scen2_srv_03", SRV, "server_3", seed=3),
            application("scen2_hci_01", HCI),
            application("scen2_hci_02", HCI, "console_3", seed=4),
            refused_hci(),
        ),
        "conflicts": (),
    }
    return ClusterStatus(**{**values, **fields})


def with_application(status: ClusterStatus, new: ApplicationStatus) -> ClusterStatus:
    """The status with one application replaced, or added."""
    others = tuple(one for one in status.applications if one.name != new.name)
    return msgspec.structs.replace(status, applications=(*others, new))


def without_application(status: ClusterStatus, name: str) -> ClusterStatus:
    """The status without one application."""
    return msgspec.structs.replace(
        status, applications=tuple(one for one in status.applications if one.name != name)
    )


def with_alarms(
    status: ClusterStatus,
    *,
    flapping: tuple[str, ...] = (),
    acknowledged: Mapping[str, AlarmMark] | None = None,
    shelved: Mapping[str, AlarmMark] | None = None,
    out_of_service: Mapping[str, AlarmMark] | None = None,
) -> ClusterStatus:
    """The status with the alarms that an agent would tell of it, and what people said, by identity."""
    at = status.observed_at
    seen = AlarmWatch().look(standing(status, flapping), {}, 100.0, at)
    records = {
        one.alarm.id: AlarmRecord(
            one.alarm.kind,
            one.alarm.subject,
            one.alarm.priority,
            one.alarm.title,
            one.alarm.cause,
            one.since,
            acknowledged=(acknowledged or {}).get(one.alarm.id),
            shelved=_until((shelved or {}).get(one.alarm.id)),
            out_of_service=(out_of_service or {}).get(one.alarm.id),
        )
        for one in seen
    }
    return msgspec.structs.replace(status, alarms=listed(seen, records, at))


def _until(mark: AlarmMark | None) -> AlarmMark | None:
    return msgspec.structs.replace(mark, until="2026-11-23T20:00:00.000Z") if mark else None


def history() -> tuple[Event, ...]:
    """What happened before the console came up."""
    lines = (
        ("12:00:01.000", "server_1", "master", "server_1", "is the master of term 3", Severity.INFO),
        ("12:00:04.120", "server_1", "application", "scen2_srv_01", "RUNNING on server_1", Severity.INFO),
        ("12:00:04.180", "server_1", "application", "scen2_srv_02", "RUNNING on server_2", Severity.INFO),
        ("12:00:04.240", "server_1", "application", "scen2_srv_03", "RUNNING on server_3", Severity.INFO),
        ("12:01:10.500", "server_1", "request", "scen2_hci_02", "start asked by console_3", Severity.INFO),
        ("12:01:13.700", "server_1", "application", "scen2_hci_02", "RUNNING on console_3", Severity.INFO),
        ("12:02:00.000", "server_1", "request", "scen2_hci_03", f"start refused: {NO_NODE}", Severity.MAJOR),
    )
    return tuple(
        Event(f"2026-11-23T{at}Z", node, kind, subject, text, severity, f"server_1/1/{number}")
        for number, (at, node, kind, subject, text, severity) in enumerate(lines)
    )


def crowd(applications: int, processes: int) -> ClusterStatus:
    """A large cluster: every process runs."""
    programs = tuple((f"worker_{number:03d}", 1, 1, False) for number in range(processes))
    return reference(
        applications=tuple(
            application(f"line_{number:03d}", programs, "server_1") for number in range(applications)
        )
    )


def place(name: str, node: str, strategy: str) -> PlannedPlace:
    """A place on one console; the others are passed over."""
    others = ("console_1", "console_2", "console_3")
    candidates = [Candidate(node, True, True, "")]
    candidates += [
        Candidate(one, False, False, "LOCAL: only where it is asked for") for one in others if one != node
    ]
    return PlannedPlace(name, node, strategy, others, tuple(candidates))


def foretold(name: str, node: str, strategy: str, question: Question = Question.START) -> Plan:
    """What a start or restart of an HCI would do."""
    steps = (("bus", 1), ("check", 2), ("chart_view", 3), ("sensor_view", 3))
    moves = tuple(PlannedMove(step, "start", f"{name}:{one}", node) for one, step in steps)
    target = PlannedTarget(name, Result.DONE, "started", (), (node,), (place(name, node, strategy),), moves)
    hosts = (PlannedHost("127.0.0.12", ("server_2", "console_2"), 42, 68),)
    return Plan(
        question,
        (name,),
        node,
        None,
        "server_1",
        Basis.MASTER,
        "2026-11-23T12:05:00.000Z",
        (target,),
        hosts,
    )


SWEPT = {
    Question.DRAIN: (
        PlannedTarget(
            "scen2_srv_02",
            Result.MOVES,
            "is stopped, then started there",
            ("server_2",),
            ("server_1",),
            (),
            (PlannedMove(1, "stop", "scen2_srv_02:bus", "server_2"),),
        ),
        PlannedTarget(
            "scen2_srv_03",
            Result.STAYS,
            "110 % of host 127.0.0.11 would be used",
            ("server_2",),
            ("server_2",),
        ),
    ),
    Question.LOSS: (
        PlannedTarget("scen2_srv_02", Result.NO_PLACE, "no node can host it", ("server_2",), ()),
    ),
    Question.SHUTDOWN: (
        PlannedTarget("scen2_hci_02", Result.DONE, "stop_sequence 2", ("console_3",), ()),
        PlannedTarget("scen2_srv_01", Result.DONE, "stop_sequence 1", ("server_1",), ()),
    ),
    Question.RELOAD: (PlannedTarget("scen2_srv_01", Result.DONE, "stop_sequence 1", ("server_1",), ()),),
}


def swept(question: Question, name: str, number: int = 0) -> Plan:
    """What a drain, a loss, a scale, a shutdown or a reload would do."""
    scaled = PlannedTarget(name, Result.DONE, f"scaled to {number}", ("server_1",), ("server_1",))
    return Plan(
        question,
        (name,),
        "console_1",
        None,
        "server_1",
        Basis.MASTER,
        "2026-11-23T12:05:00.000Z",
        SWEPT.get(question, (scaled,)),
        (),
        ("then something else is to be known",),
    )


def pumps(number: int = 2) -> ApplicationStatus:
    """An application one of whose programs has several processes."""
    program = tuple((f"pump_{one}", 1, 5, False) for one in range(number))
    plant = application("plant", (*program, ("valve", 2, 0, False)), "server_1", seed=6)
    processes = tuple(
        msgspec.structs.replace(one, program="plant:pump") if one.name.startswith("pump") else one
        for one in plant.processes
    )
    return msgspec.structs.replace(plant, processes=processes)


def explanation(name: str) -> Why:
    """Why it does not run: its last start failed."""
    return Why(
        name,
        "STOPPED",
        (),
        Cause.START_FAILED,
        f"its last start failed: {name}:check: exited unexpectedly (status 1)",
        ("starting_failure_strategy STOP: not tried again before someone asks",),
        (RuleInForce(name, "rules.toml:55", ("distribution = SINGLE_INSTANCE", "isolation = STOP")),),
        None,
        (place(name, "console_1", "LOCAL"),),
        (
            Event(
                "2026-11-23T12:04:00.000Z",
                "server_1",
                "process",
                f"{name}:check",
                f"{name}:check was not started: exited unexpectedly (status 1)",
                Severity.MAJOR,
            ),
        ),
        (
            Remedy(f"tuiconsole logs {name}:check --stderr", "its last words, from where it ran last"),
            Remedy(f"tuiconsole start {name}", "would start it on console_1"),
        ),
        "server_1",
        Basis.MASTER,
        "2026-11-23T12:05:00.000Z",
    )
