"""The programs of Scenario 2 under a stock supervisord: they come up in sequence, work, and bear witness."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from supervisor.xmlrpc import SupervisorTransport

from rules.scenario_2.bin.evidence import Run, doubles, runs, stamps
from tests.waiting import until

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2"

HOST = "127.0.0.77"
"""An address of its own, so that a demo that runs beside does not matter."""
SRV = (
    "internal_data_bus",
    "check_internal_data_bus",
    "config_manager",
    "data_processing",
    "sensor_acquisition",
)


class Node:
    """A stock supervisord with the configuration of one kind of node."""

    def __init__(self, folder: Path, kind: str, name: str, wait: str) -> None:
        self.state = folder / name
        self.state.mkdir()
        self.env = {
            "PATH": os.environ["PATH"],
            "TUICONSOLE_NODE": name,
            "TUICONSOLE_HOST": HOST,
            "TUICONSOLE_STATE": str(self.state),
            "TUICONSOLE_PYTHON": sys.executable,
            "TUICONSOLE_TOKEN": "1.2",
            "SCEN2_WITNESS": str(folder / "witness"),
            "SCEN2_WAIT": wait,
        }
        conf = SCENARIO / "etc" / f"supervisord_{kind}.conf"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-s", "-c", str(conf)],
            env=self.env,
            cwd="/",
        )
        path = self.state / "supervisor.sock"
        until(lambda: path.is_socket() or self.process.poll() is not None)
        self.rpc: Any = xmlrpc.client.ServerProxy(
            "http://localhost", transport=SupervisorTransport("", "", f"unix://{path}")
        ).supervisor

    def states(self, group: str) -> dict[str, str]:
        return {
            info["name"].removeprefix("scen2_"): info["statename"]
            for info in self.rpc.getAllProcessInfo()
            if info["group"] == group
        }

    def start(self, namespec: str) -> None:
        self.rpc.startProcess(namespec, False)

    def is_in(self, group: str, program: str, state: str) -> bool:
        return self.states(group)[program] == state

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s2")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Node]:
    node = Node(folder, "server", "server_1", "0")
    yield node
    node.close()


@pytest.fixture(scope="module")
def console(folder: Path) -> Iterator[Node]:
    node = Node(folder, "console", "console_1", "0")
    yield node
    node.close()


def bring_up(node: Node, group: str) -> None:
    """Start a group by hand in the order of the rules."""
    node.start(f"{group}:scen2_internal_data_bus")
    node.start(f"{group}:scen2_check_internal_data_bus")
    until(lambda: node.is_in(group, "check_internal_data_bus", "EXITED"))
    for program in node.states(group):
        if "internal_data_bus" not in program:
            node.start(f"{group}:scen2_{program}")


def log(node: Node, name: str) -> str:
    file = node.state / f"{name}.log"
    return file.read_text() if file.exists() else ""


def is_logged(node: Node, name: str, words: str) -> bool:
    return words in log(node, name)


def test_each_group_holds_its_programs_under_the_same_names(server: Node, console: Node) -> None:
    for item in ("01", "02", "03"):
        srv = server.states(f"scen2_srv_{item}")
        assert set(srv) == {*SRV, "check_common_data_bus", "common_bus_interface"}
        hci = console.states(f"scen2_hci_{item}")
        assert set(hci) == {
            "internal_data_bus",
            "check_internal_data_bus",
            "chart_view",
            "sensor_control",
            "sensor_view",
        }
        assert {*srv.values(), *hci.values()} == {"STOPPED"}


def test_the_common_bus_starts_by_itself_on_both_nodes_of_one_host(server: Node, console: Node) -> None:
    for node in (server, console):
        until(partial(node.is_in, "common_data_bus", "common_data_bus", "RUNNING"))
    assert "61190" in until(lambda: log(server, "common_data_bus"))
    assert "61191" in until(lambda: log(console, "common_data_bus"))


def test_a_srv_comes_up_in_sequence_and_its_data_reach_the_common_bus(server: Node) -> None:
    bring_up(server, "scen2_srv_02")
    until(lambda: server.is_in("scen2_srv_02", "check_common_data_bus", "EXITED"))
    running = {*SRV, "common_bus_interface"} - {"check_internal_data_bus"}
    until(lambda: all(server.states("scen2_srv_02")[name] == "RUNNING" for name in running))
    until(lambda: "received" in log(server, "scen2_srv_02_scen2_common_bus_interface"))
    expected = {info["name"]: info["exitstatus"] for info in server.rpc.getAllProcessInfo()}
    assert expected["scen2_check_internal_data_bus"] == 0


def test_two_items_share_a_host(server: Node, console: Node) -> None:
    bring_up(console, "scen2_hci_01")
    bring_up(console, "scen2_hci_02")
    for group in ("scen2_hci_01", "scen2_hci_02"):
        until(partial(is_logged, console, f"{group}_scen2_sensor_view", "connected"))


def test_a_station_survives_its_bus_complains_and_comes_back(console: Node) -> None:
    group = "scen2_hci_03"
    bring_up(console, group)
    until(lambda: "connected" in log(console, f"{group}_scen2_chart_view"))
    console.rpc.signalProcess(f"{group}:scen2_internal_data_bus", "KILL")
    until(lambda: "closed the line" in log(console, f"{group}_scen2_chart_view"))
    assert console.is_in(group, "chart_view", "RUNNING")
    assert console.is_in(group, "internal_data_bus", "EXITED"), "autorestart is the rules' matter"
    console.start(f"{group}:scen2_internal_data_bus")
    until(lambda: log(console, f"{group}_scen2_chart_view").count("connected") == 2)


def test_a_program_that_is_stopped_ends_by_itself_and_is_stamped(server: Node, folder: Path) -> None:
    group = "scen2_srv_02"
    pid = server.rpc.getProcessInfo(f"{group}:scen2_data_processing")["pid"]
    os.kill(pid, signal.SIGTERM)

    def ended() -> Run | None:
        for run in runs(stamps(folder / "witness")):
            if run.pid == pid and run.end is not None and run.end != float("inf"):
                return run
        return None

    run = until(ended)
    assert run.node == "server_1"
    assert run.token == "1.2"


def test_the_witness_is_silent_without_a_double_and_detects_a_planted_one(
    console: Node, folder: Path
) -> None:
    witness = folder / "witness"
    assert doubles(witness) == []
    env = {
        **console.env,
        "TUICONSOLE_NODE": "console_2",
        "TUICONSOLE_HOST": "127.0.0.78",
        "SUPERVISOR_GROUP_NAME": "scen2_hci_02",
        "SUPERVISOR_PROCESS_NAME": "scen2_sensor_view",
    }
    planted = subprocess.Popen(
        [sys.executable, "-S", "-B", str(SCENARIO / "bin" / "station.py"), "scen2_hci_02:scen2_sensor_view"],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert planted.stdout is not None
        assert "DOUBLE: scen2_hci_02:scen2_sensor_view already runs (pid " in planted.stdout.readline()
        found = until(lambda: doubles(witness))
        assert any("console_1 ran" in line for line in found), "the lock was held"
        assert any("started on console_2 while" in line for line in found), "the application ran on two nodes"
        assert planted.poll() is None, "the evidence stays"
    finally:
        planted.kill()
        planted.wait()
    verdict = subprocess.run(
        [sys.executable, str(SCENARIO / "bin" / "evidence.py"), str(witness)],
        capture_output=True,
        check=False,
    )
    assert verdict.returncode == 1


def test_a_check_does_not_take_another_bus_for_its_own(folder: Path) -> None:
    with socket.create_server((HOST, 61299)) as impostor:
        impostor.settimeout(10)
        check = subprocess.Popen(
            [sys.executable, "-S", "-B", str(SCENARIO / "bin" / "check_bus.py"), "internal", "0"],
            env={
                "TUICONSOLE_HOST": HOST,
                "SCEN2_WAIT": "0",
                "SUPERVISOR_GROUP_NAME": "scen2_srv_99",
                "SUPERVISOR_PROCESS_NAME": "scen2_check_internal_data_bus",
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            line, _ = impostor.accept()
            line.sendall(b"WELCOME scen2_srv_98\n")
            assert check.stdout is not None
            assert "SCEN2_WITNESS is not set" in check.stdout.readline()
            assert "is not bus scen2_srv_99" in check.stdout.readline()
            assert check.poll() is None
        finally:
            check.kill()
            check.wait()


@pytest.mark.parametrize(
    ("name", "value"), [("SCEN2_WAIT", "soon"), ("SUPERVISOR_GROUP_NAME", "scen2_srv_100")]
)
def test_a_wrong_environment_is_one_line_and_exit_2(name: str, value: str) -> None:
    env = {"SUPERVISOR_GROUP_NAME": "scen2_srv_01", "TUICONSOLE_HOST": HOST, name: value}
    run = subprocess.run(
        [sys.executable, "-S", "-B", str(SCENARIO / "bin" / "bus.py"), "internal"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "cannot run: " in run.stdout
    assert run.stderr == ""


def test_the_scripted_waits_are_what_the_readme_says(folder: Path) -> None:
    """One unit until the bus listens, one under watch: with a unit of 0.2 s, 0.4 s or more."""
    node_folder = folder / "waits of a folder with blanks"
    node_folder.mkdir()
    node = Node(node_folder, "server", "server_9", "0.2")
    try:
        begun = time.monotonic()
        bring_up(node, "scen2_srv_03")
        took = time.monotonic() - begun
    finally:
        node.close()
    assert took >= 0.4
