"""Scenarios 1 and 3 as they are shipped, with real agents and supervisords."""

from __future__ import annotations

import contextlib
import os
import shutil
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
from .cluster import ENDS_WITHIN, application, folder_of_a_demo
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

    def close(self) -> None:
        self._desk.close()


@contextlib.contextmanager
def scenario(number: int, form: str) -> Iterator[Scenario]:
    """Scenario `number` by its rules in this form; it leaves nothing."""
    folder = folder_of_a_demo() / "s"
    shutil.copytree(RULES / f"scenario_{number}", folder)
    file = folder / "tuiconsole.toml"
    file.write_text(file.read_text().replace('["rules.toml"]', f'["rules.{form}"]'))
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
        status = running.status()
        assert status is not None
        assert application(status, "scen3_hci_02").nodes == (), "no other console takes it"
        assert application(status, "scen3_hci_01").nodes == ("console_1",)
