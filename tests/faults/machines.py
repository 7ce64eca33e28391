"""Scenario 2 on machines of their own: a cluster that every fault of hosts and network can be done to."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.coordination.etcd_server import leads, member, missing
from tests.live.cluster import ENDS_WITHIN, SRV, Cluster, application, calm, folder_of_a_demo, whole
from tests.processes import frozen
from tests.waiting import gone, none_left, until
from tuiconsole.clock import boottime
from tuiconsole.demo.folder import prepare
from tuiconsole.demo.guardian import Guardian
from tuiconsole.demo.tagged import VARIABLE
from tuiconsole.settings.cluster import Engine
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.run_dir import run_dir_of

from .network import ROOT, Network, address
from .network import obstacle as network_obstacle
from .overlap import Judge

HOSTS = (1, 2, 3)


def host_of(node: str) -> int:
    """Host N carries server_N and console_N."""
    return int(node[-1])


def nodes_of(host: int) -> tuple[str, str]:
    """The nodes of a host."""
    return (f"server_{host}", f"console_{host}")


class Machines(Cluster):
    """A cluster of three hosts, each with a server and a console. Use it within `machines()`."""

    def __init__(
        self,
        folder: Path,
        network: Network,
        engine: Engine,
        wait: str = "0",
        settings: str = "",
        general: str = "",
    ) -> None:
        super().__init__(folder, wait)
        self.network = network
        self.engine = engine
        """With ETCD each host carries a member of an etcd cluster as well."""
        self.settings = settings
        """Tables that the cluster file has beside its own."""
        self.general = general
        """Words under [cluster]."""
        self.judge = Judge(self.witness.folder)
        self._hosts: dict[int, subprocess.Popen[bytes]] = {}
        self._members: dict[int, subprocess.Popen[bytes]] = {}
        self._environment: dict[str, str] = {}
        self._guardian: Guardian | None = None

    # -- life ------------------------------------------------------------------------------------------------

    def begin(self, cwd: Path | None = None) -> None:
        """Switch all hosts on."""
        prepare(self.folder)
        text = self.config.read_text("utf-8")
        text = re.sub(r"127\.0\.0\.1(\d)", lambda match: address(int(match[1])), text)
        text = text.replace("[cluster]", f"[cluster]\n{self.general}")
        if self.engine is Engine.ETCD:
            text = text.replace('coordinator = "embedded"', 'coordinator = "etcd"')
            text += f"\n[etcd]\nendpoints = {json.dumps([_client(host) for host in self.network.hosts])}\n"
        self.config.write_text(f"{text}\n{self.settings}\n", "utf-8")
        cluster = load_cluster(self.config)
        tag = secrets.token_hex(8)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TUICONSOLE_")},
            VARIABLE: tag,
            "SCEN2_WAIT": self.wait,
            "SCEN2_WITNESS": str(self.witness.folder),
            "PYTHONPATH": str(ROOT),
        }
        self._guardian = Guardian(tag, [], [run_dir_of(cluster, name) for name in cluster.nodes])
        self.started_at = boottime()
        self.judge.start()
        for host in self.network.hosts:
            self.switch_on(host)

    def await_ready(self) -> None:
        """Wait until all is at rest for the first time."""
        self.healed("the first start", timeout=30.0)
        self.ready_at = boottime()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Shut all hosts down in order; returns the worst exit code."""
        self.hang_up()
        for process in self._hosts.values():
            process.send_signal(number)
        worst = max([process.wait(ENDS_WITHIN) for process in self._hosts.values()], default=0)
        for host in list(self._members):
            self.kill_member(host)
        return worst

    def sweep(self) -> None:
        """Leave nothing alive."""
        for host in list(self._hosts):
            self.kill_host(host)
        super().sweep()
        self.judge.stop()
        if self._guardian is not None:
            self._guardian.let_go()

    # -- faults ----------------------------------------------------------------------------------------------

    def switch_on(self, host: int) -> None:
        """Start what keeps the agents of a host, and its member of etcd."""
        if self.engine is Engine.ETCD:
            self.start_member(host)
        with (self.folder / "log" / f"host_{host}.log").open("ab") as log:
            self._hosts[host] = subprocess.Popen(
                self.network.command(
                    host, sys.executable, "-m", "tests.faults.machine", str(self.config), *nodes_of(host)
                ),
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill_host(self, host: int) -> float:
        """A power cut: first its lines, then all that lives there; returns when (CLOCK_BOOTTIME)."""
        for other in self.network.others(host):
            self.network.cut((host, other), (other, host))
        at = boottime()
        self._hosts[host].kill()
        self._hosts.pop(host).wait()
        # All stand still before the first one dies, so that none sees another's end.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in self.network.living(host):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

        def left() -> list[int]:
            found = self.network.living(host)
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return found

        none_left(left)
        if host in self._members:
            self._members.pop(host).wait()
        return at

    def start_member(self, host: int) -> None:
        """Start the etcd of a host."""
        peers = {f"etcd_{one}": f"{address(one)}:2380" for one in self.network.hosts}
        command = member(f"etcd_{host}", self.folder / f"etcd_{host}", _client(host), peers)
        with (self.folder / "log" / f"etcd_{host}.log").open("ab") as log:
            self._members[host] = subprocess.Popen(
                self.network.command(host, *command), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill_member(self, host: int) -> None:
        """kill -9 of the etcd of a host."""
        process = self._members.pop(host)
        process.kill()
        process.wait()

    def leading_member(self) -> int:
        """The host whose etcd leads the others."""
        return until(lambda: [host for host in self._members if leads(_client(host))], "a leader of etcd")[0]

    @contextlib.contextmanager
    def launcher_held(self) -> Iterator[None]:
        """Within the block nobody restarts a killed agent."""
        with frozen([process.pid for process in self._hosts.values()]):
            yield

    # -- what must be so afterwards --------------------------------------------------------------------------

    def healed(self, after: str, timeout: float = 25.0) -> float:
        """Wait until every console sees all nodes RUNNING and each srv whole; returns the seconds it took."""
        began = boottime()
        for node in ("console_1", "console_2", "console_3"):
            self.wait_until(
                lambda s: calm(s) and all(whole(application(s, name)) for name in SRV),
                f"a whole cluster after {after}",
                timeout=timeout,
                node=node,
            )
        return boottime() - began

    def place_of(self, name: str, by: str = "console_1") -> str:
        """The one node where an application runs, as `by` sees it."""
        (node,) = self.application(name, by).nodes
        return node

    def last_end_on(self, node: str, pids: list[int]) -> None:
        """Wait until these processes of a node have ended."""
        gone(pids, f"the end of the programs on {node}", 8.0)

    def convict(self) -> list[str]:
        """All that ran twice: by the judge, and by Scenario 2's own evidence."""
        return [*map(str, self.judge.overlaps()), *self.witness.doubles()]


def obstacle(engine: Engine) -> str:
    """Why there can be no such machines here, in words; empty if there can."""
    lacking = missing() if engine is Engine.ETCD else []
    return network_obstacle() or "; ".join(f"etcd needs {one}" for one in lacking)


def chosen() -> Engine:
    """The engine that `make faults` names (FAULTS_ENGINE)."""
    return Engine(os.environ.get("FAULTS_ENGINE", Engine.EMBEDDED.value))


def _client(host: int) -> str:
    return f"{address(host)}:2379"


@contextlib.contextmanager
def machines(
    engine: Engine = Engine.EMBEDDED,
    wait: str = "0",
    settings: str = "",
    general: str = "",
    *,
    strict: bool = True,
) -> Iterator[Machines]:
    """A cluster of three hosts from its first rest until it has ended, and nothing of it is left.

    `strict`: nothing may have run twice.

    Raises:
        AssertionError: something lacks here without which the faults cannot be made.
    """
    why = obstacle(engine)
    assert not why, f"the faults cannot be made: {why}"
    parent = folder_of_a_demo()
    with Network(HOSTS) as network:
        cluster = Machines(parent / "d", network, engine, wait, settings, general)
        cluster.folder.mkdir()
        try:
            cluster.launch()
            yield cluster
            network.heal()
            assert cluster.end() == 0, cluster.last_words()
            assert not strict or cluster.convict() == []
        finally:
            cluster.sweep()
            shutil.rmtree(parent, ignore_errors=True)
