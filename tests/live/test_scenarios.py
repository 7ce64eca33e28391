"""Scenarios 1 and 3 as they are shipped, with real agents and supervisords."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import until
from tuiconsole.demo.keeper import Keeper
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.wire.keys import make_keys

from .addresses import addresses, move
from .cluster import COMMAND, ENDS_WITHIN, application, folder_of_a_demo
from .desk import Desk, NoAnswerError

pytestmark = pytest.mark.live

RULES = Path(__file__).parents[2] / "rules"


class Scenario:
    """One scenario that runs."""

    def __init__(self, folder: Path, keeper: Keeper) -> None:
        self.folder = folder
        self.keeper = keeper
        self._desk = Desk(folder / "tuiconsole.toml", "server_1")

    def status(self) -> ClusterStatus | None:
        with contextlib.suppress(NoAnswerError):
            return self._desk.status(within=1.0)
        return None

    def settled(self, *names: str) -> ClusterStatus:
        """Once these applications run whole and nothing goes on."""

        def look() -> ClusterStatus | None:
            status = self.status()
            if status is None or status.state is not ClusterState.OPERATION:
                return None
            apps = [application(status, name) for name in names]
            good = all(one.state is ApplicationState.RUNNING and not one.job for one in apps)
            return status if good else None

        return until(look, f"{', '.join(names)} RUNNING", 30.0)

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        config = str(self.folder / "tuiconsole.toml")
        return subprocess.run(
            [COMMAND, "-c", config, "--node", "server_1", *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=90,
        )

    def close(self) -> None:
        self._desk.close()


@contextlib.contextmanager
def scenario(number: int, form: str, *, programs: str = "", rules: str = "") -> Iterator[Scenario]:
    """Scenario `number` by its rules in this form; it leaves nothing.

    `programs` and `rules`: what the servers and the rules have beside their own.
    """
    folder = folder_of_a_demo() / "s"
    shutil.copytree(RULES / f"scenario_{number}", folder)
    file = folder / "tuiconsole.toml"
    file.write_text(file.read_text().replace('["rules.toml"]', f'["rules.{form}"]'))
    for name, more in (("etc/supervisord_server.conf", programs), (f"rules.{form}", rules)):
        with (folder / name).open("a") as own:
            own.write(more)
    move(file)
    (folder / "log").mkdir()
    cluster = load_cluster(file)
    make_keys(cluster.keys, list(cluster.nodes), ["operator"])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TUICONSOLE_")}
    with addresses():
        keeper = Keeper(cluster, environment, folder / "log", lambda text: print(text, file=sys.stderr))
        keeper.start()
        running = Scenario(folder, keeper)
        try:
            yield running
        finally:
            running.close()
            keeper.stop(ENDS_WITHIN)
            shutil.rmtree(folder.parent, ignore_errors=True)


def test_scenario_1_spreads_one_application_and_deals_its_first_step_out_to_the_servers() -> None:
    with scenario(1, "toml") as running:
        status = running.settled("scen1")
        scen1 = application(status, "scen1")
        assert not scen1.major_failure
        assert not scen1.minor_failure
        used = {process.name: process.nodes for process in scen1.processes if process.nodes}
        assert len(used) == 10
        loads = {node.name: node.load for node in status.nodes}
        assert sorted(loads.values()) == [30, 30, 40], loads
        events = [event.text for event in running._desk.events()]
        assert any("scen1 started on" in text for text in events)
        mounted = {p.name: p.state.value for p in scen1.processes if p.name.startswith("wait_nfs_mount")}
        assert mounted == dict.fromkeys(
            ("wait_nfs_mount_01", "wait_nfs_mount_02", "wait_nfs_mount_03"), "EXITED"
        )


def test_a_program_of_scenario_1_is_scaled_up_and_down_as_the_plan_says_and_back_to_its_file() -> None:
    key = "scen1:scen1_sensor_processing"

    def alive(running: Scenario) -> set[str]:
        scen1 = application(running.settled("scen1"), "scen1")
        there = {p.name for p in scen1.processes if p.state.alive}
        return {name[-2:] for name in there if name.startswith("scen1_sensor_processing")}

    def changed(text: str) -> set[tuple[str, str]]:
        """Of the plan's steps: what it starts or stops."""
        steps = re.findall(r"^  \d+\. (start|stop) on \w+: (.+)$", text, re.MULTILINE)
        return {(action, name[-2:]) for action, names in steps for name in names.split(", ")}

    with scenario(1, "toml") as running:
        before = alive(running)
        assert before == {"01", "02", "03"}
        for number, numbers in ((5, "01 02 03 04 05"), (1, "01"), (3, "01 02 03")):
            planned = running.cli("plan", "scale", key, str(number))
            assert planned.returncode == 0, planned
            assert f"{key} would be scaled to {number}" in planned.stdout
            assert alive(running) == before, "a plan changes nothing"
            wanted = set(numbers.split())
            assert changed(planned.stdout) == {
                *(("start", one) for one in wanted - before),
                *(("stop", one) for one in before - wanted),
            }
            scaled = running.cli("scale", key, str(number), "--reason", "a busy day")
            assert scaled.returncode == 0, scaled
            assert scaled.stdout.startswith(f"{key} scaled to {number}")
            before = alive(running)
            assert before == wanted
        refused = running.cli("scale", "scen1:scen1_hci", "2")
        assert refused.returncode == 1, refused
        assert "can be scaled; scen1 has: " in refused.stderr


def test_scenario_3_pins_an_hci_to_each_console_where_it_waits_for_it() -> None:
    names = ("scen3_hci_01", "scen3_hci_02", "scen3_hci_03")
    with scenario(3, "xml") as running:
        status = running.settled("scen3_srv", *names)
        where = {name: application(status, name).nodes for name in names}
        assert where == {name: (f"console_{name[-1]}",) for name in names}
        console = next(node for node in status.nodes if node.name == "console_2")
        os.kill(console.pids.agent, 15)

        def left() -> bool:
            seen = running.status()
            states = {node.name: node.state for node in seen.nodes} if seen else {}
            return states.get("console_2") is NodeState.STOPPED

        until(left, "console_2 STOPPED", 20.0)
        left_over = running.status()
        assert left_over is not None
        assert application(left_over, "scen3_hci_02").nodes == (), "no other console takes it"
        assert application(left_over, "scen3_hci_01").nodes == ("console_1",)
