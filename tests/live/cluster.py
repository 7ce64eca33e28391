"""One real cluster of Scenario 2: the headless demo, and everything a test does to it or asks of it."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.processes import frozen
from tests.waiting import PATIENCE, none_left, until
from tuiconsole.clock import boottime
from tuiconsole.demo.folder import prepare
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState, ProcessState
from tuiconsole.model.status import ApplicationStatus, ClusterStatus, NodeStatus, ProcessStatus
from tuiconsole.source.errors import SourceError

from .addresses import addresses, move
from .desk import Desk, NoAnswerError, pretty
from .procfs import Program, programs, traces
from .witness import Stamp, Witness

SERVERS = ("server_1", "server_2", "server_3")
CONSOLES = ("console_1", "console_2", "console_3")
SRV = ("scen2_srv_01", "scen2_srv_02", "scen2_srv_03")
HCI = ("scen2_hci_01", "scen2_hci_02", "scen2_hci_03")
SRV_PROGRAMS = frozenset(
    "scen2_" + name
    for name in (
        "internal_data_bus",
        "config_manager",
        "data_processing",
        "sensor_acquisition",
        "common_bus_interface",
    )
)
"""Those that go on running; the two checks exit."""
HCI_PROGRAMS = frozenset(
    "scen2_" + name for name in ("internal_data_bus", "chart_view", "sensor_control", "sensor_view")
)

COMMAND = str(Path(sys.executable).parent / "tuiconsole")
READY_WITHIN = 30.0
"""Seconds. The demo's promise is a few; a loaded machine may take longer."""
ENDS_WITHIN = 20.0
LEASED = 3.5
"""Seconds that whoever waits for the end of a lease waits: it is 4 s long, and renewed each 0.4 s."""


class Cluster:
    """A running demo. Use it within `running()`."""

    def __init__(self, folder: Path, wait: str, command: Sequence[str] = (COMMAND,)) -> None:
        self.folder = folder
        self.config = folder / "tuiconsole.toml"
        self.wait = wait
        """SCEN2_WAIT: the unit of the scripted waits."""
        self.command = tuple(command)
        self.witness = Witness(folder / "witness")
        self.demo: subprocess.Popen[str] | None = None
        self.started_at = 0.0
        self.ready_at = 0.0
        self._desks: dict[str, Desk] = {}

    # -- life ------------------------------------------------------------------------------------------------

    def launch(self) -> None:
        """Start the demo and wait until it says that it is ready."""
        self.begin()
        self.await_ready()

    def begin(self, cwd: Path | None = None) -> None:
        """Start the demo."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("TUICONSOLE_")}
        env["SCEN2_WAIT"] = self.wait
        self.started_at = boottime()
        with (self.folder.parent / f"{self.folder.name}.err").open("w") as errors:
            self.demo = subprocess.Popen(
                [*self.command, "demo", "--headless", "--dir", str(self.folder)],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )

    def await_ready(self) -> None:
        """Wait for the demo's one line."""
        assert self.demo is not None
        assert self.demo.stdout is not None
        readable, _, _ = select.select([self.demo.stdout], [], [], READY_WITHIN)
        line = self.demo.stdout.readline() if readable else ""
        assert line == f"ready {self.config}\n", f"the demo said {line!r}\n{self.last_words()}"
        self.ready_at = boottime()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell the demo to end; returns its exit code."""
        self.hang_up()
        assert self.demo is not None
        self.demo.send_signal(number)
        try:
            return self.demo.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"the demo does not end within {ENDS_WITHIN:g} s\n{self.last_words()}"
            ) from None

    def hang_up(self) -> None:
        """Close all lines to agents."""
        for desk in self._desks.values():
            desk.close()
        self._desks.clear()

    def left(self) -> dict[int, str]:
        """Processes of this cluster that live, by pid."""
        return traces(self.folder)

    def sweep(self) -> None:
        """Kill what is left, demo first: a failed test must not spoil the next one's addresses."""
        self.hang_up()
        if self.demo is not None and self.demo.poll() is None:
            self.demo.kill()
            self.demo.wait()

        def killed() -> list[int]:
            left = list(self.left())
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return left

        none_left(killed)

    def last_words(self, lines: int = 15) -> str:
        """The last events and the tails of all logs, for what is printed when a test fails."""
        for pid, words in self.left().items():
            if "agent --node" in words:
                # It writes where its threads stand into its log.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGUSR1)
        files = sorted([*self.folder.glob("log/*"), self.folder.parent / f"{self.folder.name}.err"])
        tails = [self._last_events(4 * lines)]
        for path in files:
            if path.is_file():
                tail = path.read_text("utf-8", "replace").splitlines()[-lines:]
                tails.append("\n".join([f"---- {path.name}", *tail]))
        return "\n".join(tails)

    def _last_events(self, lines: int) -> str:
        told = []
        with (
            contextlib.suppress(NoAnswerError, OSError, SourceError),
            contextlib.closing(Desk(self.config, "console_1")) as desk,
        ):
            told = [f"{e.at} {e.node} {e.kind} {e.subject}: {e.text}" for e in desk.events()[-lines:]]
        return "\n".join(["---- events", *told])

    # -- asking ----------------------------------------------------------------------------------------------

    def desk(self, node: str) -> Desk:
        """The line to one agent; opened once."""
        if node not in self._desks:
            self._desks[node] = Desk(self.config, node)
        return self._desks[node]

    def status(self, node: str | None = None) -> ClusterStatus:
        """The status as `node` sees it, or whoever answers."""
        for name in (node,) if node else (*CONSOLES, *SERVERS):
            with contextlib.suppress(NoAnswerError):
                return self.desk(name).status(within=3.0 if node else 0.5)
        raise AssertionError(f"{node or 'no agent'} did not answer\n{self.last_words()}")

    def wait_until(
        self,
        wanted: Callable[[ClusterStatus], object],
        what: str,
        timeout: float = PATIENCE,
        node: str | None = None,
    ) -> ClusterStatus:
        """Follow the status until it is as wanted; on failure the last status and all logs are told."""
        end = time.monotonic() + timeout
        last: ClusterStatus | None = None
        names = (node,) if node else (*CONSOLES, *SERVERS)
        with contextlib.closing(self.desk(names[0]).follow(*names)) as statuses:
            for news in statuses:
                if news is not None:
                    last = news
                    if wanted(last):
                        return last
                if time.monotonic() >= end:
                    break
        raise AssertionError(f"waited {timeout:g} s in vain for {what}\n{pretty(last)}\n{self.last_words()}")

    def application(self, name: str, node: str | None = None) -> ApplicationStatus:
        """One application now."""
        return application(self.status(node), name)

    def node(self, name: str, by: str | None = None) -> NodeStatus:
        """One node now."""
        return node_of(self.status(by), name)

    def request(
        self,
        action: Action | str,
        target: str,
        node: str = "console_1",
        *,
        timeout: float = 20.0,
        strategy: str | None = None,
    ) -> Outcome:
        """Ask as the operator at `node`."""
        (outcome,) = self.desk(node).act(action, target, timeout=timeout, strategy=strategy)
        return outcome

    def start(self, target: str, node: str = "console_1", **options: str | float | None) -> Outcome:
        """Start at `node`, and wait until the status of that node shows it running, and its programs do."""
        outcome = self.request(Action.START, target, node, **options)  # type: ignore[arg-type]
        assert outcome.verdict is Verdict.DONE, f"{outcome}\n{self.last_words()}"
        name = target.partition(":")[0]
        self.wait_until(
            lambda s: application(s, name).state is ApplicationState.RUNNING, f"{name} RUNNING", node=node
        )
        self.witnessed(name, node)
        return outcome

    def witnessed(self, name: str, node: str | None = None) -> None:
        """Wait until each program that counts as RUNNING has begun: it bears its name, and has stamped.

        With `startsecs = 0` Supervisor calls it RUNNING as soon as it is forked, some 50 ms before that.
        """

        def begun() -> bool:
            item = self.application(name, node)
            stamped = {stamp.pid for stamp in self.witness.stamps(name + ":", event="start")}
            return all(p.pid in stamped for p in item.processes if p.state is ProcessState.RUNNING)

        until(begun, f"stamps of all programs of {name}")

    def stop(self, target: str, node: str = "console_1") -> Outcome:
        """Stop, and wait until the status of that node shows it stopped."""
        outcome = self.request(Action.STOP, target, node)
        assert outcome.verdict is Verdict.DONE, f"{outcome}\n{self.last_words()}"
        name = target.partition(":")[0]
        self.wait_until(
            lambda s: application(s, name).state is ApplicationState.STOPPED, f"{name} STOPPED", node=node
        )
        return outcome

    def cli(
        self, *words: str, node: str = "console_1", timeout: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """The command, as a person types it."""
        return subprocess.run(
            [*self.command, "-c", str(self.config), "--node", node, *words],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    # -- what really runs ------------------------------------------------------------------------------------

    def live(self, name: str = "") -> list[Program]:
        """Living programs of a namespec, an application, or all."""
        return [
            program
            for program in programs(self.folder)
            if not name or program.namespec == name or program.namespec.startswith(name + ":")
        ]

    def pid_of(self, namespec: str, node: str = "") -> int:
        """The one living process of that program."""
        found = [program for program in self.live(namespec) if not node or program.node == node]
        assert len(found) == 1, f"{namespec} lives {len(found)} times: {found}"
        return found[0].pid

    def begun(self, namespec: str, since: float) -> Stamp:
        """The first start of a program after `since`. It stamps a moment after it counts as RUNNING."""

        def look() -> Stamp | None:
            stamps = self.witness.stamps(namespec, since, "start")
            return stamps[0] if stamps else None

        return until(look, f"the start of {namespec}")

    def common_buses(self, nodes: Sequence[str]) -> list[int]:
        """The pids of the unmanaged bus on each of these nodes."""
        found = {p.node: p.pid for p in self.live("common_data_bus:common_data_bus")}
        return [found[node] for node in nodes]

    def pids(self, *but_of: str) -> dict[tuple[str, str], int]:
        """The pids of all managed programs, by (namespec, node), but those on some nodes.

        The checks are left out: they end by themselves.
        """
        return {
            (program.namespec, program.node): program.pid
            for program in self.live()
            if program.node not in but_of
            and not program.namespec.startswith("common_data_bus")
            and "_check_" not in program.namespec
        }

    # -- faults ----------------------------------------------------------------------------------------------

    def kill(self, node: str, *parts: str, number: int = signal.SIGKILL) -> float:
        """Signal parts of a node (agent, shim, supervisord, programs); returns when (CLOCK_BOOTTIME)."""
        pids = self.node(node).pids
        doomed = [getattr(pids, part) for part in parts if part != "programs"]
        assert all(doomed), f"{node} has no such parts: {pids}"
        if "programs" in parts:
            doomed += [program.pid for program in self.live() if program.node == node]
        at = boottime()
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return at

    def crash(self, namespec: str) -> float:
        """kill -9 of one program; returns when (CLOCK_BOOTTIME)."""
        # It bears its name in /proc a moment after it counts as RUNNING.
        until(lambda: self.live(namespec), f"the name of {namespec}")
        pid = self.pid_of(namespec)
        at = boottime()
        os.kill(pid, signal.SIGKILL)
        return at

    @contextlib.contextmanager
    def launcher_held(self) -> Iterator[None]:
        """Within the block nobody restarts a killed agent."""
        assert self.demo is not None
        with frozen([self.demo.pid]):
            yield

    @contextlib.contextmanager
    def power_cut(self, node: str) -> Iterator[float]:
        """All of a node dies at once, and stays dead within the block: its launcher, too, is held."""
        with self.launcher_held():
            yield self.kill(node, "agent", "shim", "supervisord", "programs")

    # -- back to the beginning -------------------------------------------------------------------------------

    def restore(self) -> ClusterStatus:
        """OPERATION, all nodes RUNNING, one srv on each server, no hci, no failures."""
        status = self.wait_until(calm, "all nodes RUNNING in OPERATION, and no job")
        for name in HCI:
            item = application(status, name)
            if item.state is not ApplicationState.STOPPED or item.grant is not None:
                self.stop(name)
        places = [application(status, name).nodes for name in SRV]
        if sorted(places) != [(server,) for server in SERVERS] or any(
            not whole(application(status, name)) for name in SRV
        ):
            for name in SRV:
                self.stop(name)
            for name in SRV:
                self.start(name)
        for name in (*SRV, *HCI):
            item = self.application(name, "console_1")
            if item.major_failure or item.minor_failure:
                self.request(Action.CLEAR, name)
        status = self.wait_until(at_rest, "the cluster at rest")
        for name in SRV:
            self.witnessed(name)
        return status


def application(status: ClusterStatus, name: str) -> ApplicationStatus:
    """One application of a status."""
    found = [item for item in status.applications if item.name == name]
    assert len(found) == 1, f"{name} is {len(found)} times in the status"
    return found[0]


def process(item: ApplicationStatus, name: str) -> ProcessStatus:
    """One process of an application."""
    return next(one for one in item.processes if one.name == name)


def node_of(status: ClusterStatus, name: str) -> NodeStatus:
    """One node of a status."""
    return next(node for node in status.nodes if node.name == name)


def whole(item: ApplicationStatus) -> bool:
    """True if an application runs with all its lasting programs, and without failures."""
    lasting = SRV_PROGRAMS if item.name in SRV else HCI_PROGRAMS
    up = {one.name for one in item.processes if one.state is ProcessState.RUNNING}
    return (
        item.state is ApplicationState.RUNNING
        and not item.major_failure
        and not item.minor_failure
        and up == lasting
    )


def calm(status: ClusterStatus) -> bool:
    """True if all nodes run, a master operates, and nothing is going on."""
    return (
        status.state is ClusterState.OPERATION
        and status.master is not None
        and all(node.state is NodeState.RUNNING and not node.stale for node in status.nodes)
        and all(item.job is None for item in status.applications)
    )


def at_rest(status: ClusterStatus) -> bool:
    """True if the cluster is as it was when the demo said that it was ready."""
    return (
        calm(status)
        and sorted(application(status, name).nodes for name in SRV) == [(server,) for server in SERVERS]
        and all(whole(application(status, name)) for name in SRV)
        and all(
            item.state is ApplicationState.STOPPED and not item.major_failure and not item.minor_failure
            for item in (application(status, name) for name in HCI)
        )
    )


def folder_of_a_demo() -> Path:
    """A new folder, with a path short enough for sockets."""
    return Path(tempfile.mkdtemp(prefix="s2-"))


@contextlib.contextmanager
def running(
    wait: str | None = None,
    *,
    strict: bool = True,
    settings: str = "",
    changes: Mapping[str, str] | None = None,
    rules: str = "",
) -> Iterator[Cluster]:
    """A cluster from `ready` until it has ended, and, if `strict`, left nothing and ran nothing twice.

    `settings`: tables that the cluster file has beside its own; `changes`: lines of it, and what they become.
    `rules`: what its rules file has beside its own.
    """
    parent = folder_of_a_demo()
    cluster = Cluster(parent / "d", wait if wait is not None else os.environ.get("SCEN2_WAIT", "0.1"))
    cluster.folder.mkdir()
    file = prepare(cluster.folder).file
    text = file.read_text()
    for line, other in (changes or {}).items():
        assert line in text, line
        text = text.replace(line, other)
    file.write_text(text)
    move(file)
    with file.open("a") as more:
        more.write(f"\n{settings}\n")
    with (file.parent / "rules.toml").open("a") as more:
        more.write(rules)
    with addresses():
        try:
            cluster.launch()
            yield cluster
            if strict:
                code = cluster.end()
                assert code == 0, f"the demo exits with {code}\n{cluster.last_words()}"
                none_left(cluster.left, patience=5.0)
                assert cluster.witness.doubles() == []
        finally:
            cluster.sweep()
            shutil.rmtree(parent, ignore_errors=True)


__all__ = ["Cluster", "application", "process", "running"]
