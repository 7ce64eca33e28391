"""Scenario 2 as values: its rules, its six nodes, and how its programs behave."""

from __future__ import annotations

from tuiconsole.model.node import Node, View
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    Distribution,
    ProgramRules,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
)

SERVERS = ("server_1", "server_2", "server_3")
CONSOLES = ("console_1", "console_2", "console_3")
SRV = (
    "scen2_internal_data_bus",
    "scen2_check_internal_data_bus",
    "scen2_config_manager",
    "scen2_data_processing",
    "scen2_sensor_acquisition",
    "scen2_check_common_data_bus",
    "scen2_common_bus_interface",
)
HCI = (
    "scen2_internal_data_bus",
    "scen2_check_internal_data_bus",
    "scen2_chart_view",
    "scen2_sensor_control",
    "scen2_sensor_view",
)
BUS, CHECK = SRV[0], SRV[1]


class Rules:
    """Scenario 2's rules; `extra` adds applications for a test."""

    def __init__(
        self, extra: dict[str, tuple[ApplicationRules, dict[str, ProgramRules]]] | None = None
    ) -> None:
        self.extra = extra or {}

    def application(self, name: str) -> ApplicationRules | None:
        if name in self.extra:
            return self.extra[name][0]
        if name.startswith("scen2_srv_"):
            return ApplicationRules(
                name,
                Distribution.SINGLE_INSTANCE,
                identifiers=SERVERS,
                start_sequence=1,
                starting_strategy=StartingStrategy.LESS_LOADED,
                starting_failure_strategy=StartingFailureStrategy.STOP,
            )
        if name.startswith("scen2_hci_"):
            return ApplicationRules(
                name,
                Distribution.SINGLE_INSTANCE,
                identifiers=(*CONSOLES, "console_4", "console_5"),
                starting_strategy=StartingStrategy.LOCAL,
                starting_failure_strategy=StartingFailureStrategy.CONTINUE,
            )
        return None

    def program(self, application: str, program: str) -> ProgramRules:
        if application in self.extra:
            return self.extra[application][1].get(program, ProgramRules())
        server = application.startswith("scen2_srv_")
        strategy = StartingFailureStrategy.STOP if server else StartingFailureStrategy.CONTINUE
        crash = (
            RunningFailureStrategy.RESTART_APPLICATION if server else RunningFailureStrategy.STOP_APPLICATION
        )
        if program == BUS:
            return ProgramRules(
                start_sequence=1,
                required=True,
                expected_loading=2,
                starting_failure_strategy=strategy,
                running_failure_strategy=crash,
            )
        if "check" in program:
            return ProgramRules(
                start_sequence=3 if "common" in program else 2,
                required=True,
                wait_exit=True,
                start_timeout=300.0,
                starting_failure_strategy=strategy,
            )
        if server:
            last = program == "scen2_common_bus_interface"
            return ProgramRules(
                start_sequence=4 if last else 3,
                required=True,
                expected_loading=10,
                starting_failure_strategy=strategy,
            )
        return ProgramRules(start_sequence=3, expected_loading=8, starting_failure_strategy=strategy)


def programs_of(node: str, items: int = 3) -> dict[str, Process]:
    """What a node's supervisord knows at first."""
    kind, names = ("srv", SRV) if node.startswith("server") else ("hci", HCI)
    found = {
        "common_data_bus:common_data_bus": Process(
            "common_data_bus", "common_data_bus", ProcessState.RUNNING, pid=7
        )
    }
    for item in range(1, items + 1):
        for name in names:
            process = Process(f"scen2_{kind}_{item:02d}", name, ProcessState.STOPPED)
            found[process.namespec] = process
    return found


def view(items: int = 3, state: NodeState = NodeState.RUNNING) -> View:
    """Three hosts, each with a server and a console."""
    nodes = {}
    for kind, names in (("server", SERVERS), ("console", CONSOLES)):
        for number, name in enumerate(names):
            nodes[name] = Node(
                name,
                f"127.0.0.{11 + number}",
                (kind,),
                core=kind == "server",
                state=state,
                epoch=1,
                incarnation=f"{name}/1",
                seen_at=0.5,
                processes=programs_of(name, items),
            )
    return View(nodes)
