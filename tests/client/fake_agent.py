"""A cluster with keys and free ports, and agents that answer as a test says, on real encrypted sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import zmq

from tests import worker
from tuiconsole.model.events import Event
from tuiconsole.model.node import Machine, Pids
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState, ProcessState
from tuiconsole.model.status import (
    ApplicationStatus,
    ClusterStatus,
    MasterStatus,
    NodeStatus,
    ProcessStatus,
    QuorumStatus,
)
from tuiconsole.settings.cluster import Cluster
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.wire.coding import decode_request, encode, in_parts
from tuiconsole.wire.keys import KeyPair, load_keyring, load_pair, make_keys
from tuiconsole.wire.replies import Followed, Reply, ReplyBody, StatusIs
from tuiconsole.wire.requests import AskStatus, Follow, Request
from tuiconsole.wire.sockets import Sockets

Replies = Iterable[tuple[ReplyBody, bool]]
"""To one request, each with whether it is the last."""
Answer = Callable[[Request], Replies | None]
"""From a request to its replies; None for silence."""

NODES = ("console_1", "server_1", "server_2")


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody uses, nor another worker will."""
    begin = 20_000 + 1_000 * worker.NUMBER
    for first in range(begin, begin + 1_000, count):
        probes = []
        try:
            for port in range(first, first + count):
                probe = socket.socket()
                probes.append(probe)
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in probes:
                probe.close()
    raise OSError("no free ports")


def write_cluster(folder: Path, *, item: bool = True) -> Path:
    """A cluster of a console and two servers, all on 127.0.0.1, with their keys and one person's."""
    port = free_ports(3 * len(NODES))
    text = ["format = 1", "[cluster]", 'name = "tale"', 'rules = ["rules.toml"]']
    if item:
        text.append(r"item = '(?P<part>srv|hci)_(?P<item>\d+)$'")
    text += ["[kinds.any]", 'supervisord = "supervisord.conf"']
    for number, name in enumerate(NODES):
        text += [f"[nodes.{name}]", 'kind = "any"', 'host = "127.0.0.1"', f"port = {port + 3 * number}"]
        text += ["core = true"] if name == "server_1" else []
    file = folder / "tuiconsole.toml"
    file.write_text("\n".join(text) + "\n")
    make_keys(folder / "keys", list(NODES), ["operator"])
    return file


def application(
    name: str, *, major: bool = False, minor: bool = False, running: bool = True
) -> ApplicationStatus:
    """One application with one process."""
    state = ApplicationState.RUNNING if running else ApplicationState.STOPPED
    process = ProcessStatus(
        name="bus",
        namespec=f"{name}:bus",
        state=ProcessState.RUNNING if running else ProcessState.STOPPED,
        nodes=("server_1",) if running else (),
        pid=4711 if running else None,
        expected_exit=True,
        required=True,
        expected_loading=2,
        uptime=12.5 if running else None,
        cpu=0.3 if running else None,
        memory=11272192 if running else None,
    )
    return ApplicationStatus(
        name=name,
        managed=True,
        state=state,
        major_failure=major,
        minor_failure=minor,
        nodes=process.nodes,
        grant=None,
        reason="its bus died" if major or minor else None,
        processes=(process,),
    )


def status(observer: str, *applications: ApplicationStatus, quorum: bool = True) -> ClusterStatus:
    """What an agent sees."""
    return ClusterStatus(
        cluster="tale",
        state=ClusterState.OPERATION if quorum else ClusterState.ELECTION,
        observed_at="2026-11-23T12:00:00.000Z",
        observer=observer,
        master=MasterStatus("server_1", 3) if quorum else None,
        quorum=QuorumStatus(1, int(quorum), 1, quorum),
        nodes=(
            NodeStatus(
                "server_1",
                NodeState.RUNNING,
                True,
                "127.0.0.1",
                42,
                0.1,
                Pids(1, 2, 3),
                version="0.1.0",
                uptime=90.0,
                lease=3.9,
                epoch=1,
                machine=Machine(4, 12, 0.5, 4_000_000_000, 16_000_000_000),
                machine_uptime=900.0,
            ),
        ),
        applications=applications
        or (application("scen2_srv_01"), application("scen2_hci_01", running=False)),
        conflicts=(),
    )


def event(number: int, text: str = "something happened") -> Event:
    """A line of the event log."""
    return Event("2026-11-23T12:00:00.000Z", "server_1", "process", "a:b", text, id=f"server_1/x/{number}")


def shows_status(node: str, *applications: ApplicationStatus, quorum: bool = True) -> Answer:
    """An agent that answers what is asked of the status and its following, and nothing else."""
    seen = status(node, *applications, quorum=quorum)

    def answer(request: Request) -> list[tuple[ReplyBody, bool]] | None:
        if isinstance(request.body, AskStatus):
            return [(StatusIs(seen), True)]
        if isinstance(request.body, Follow):
            return [(Followed(in_parts(seen), (event(1),)), False)]
        return None

    return answer


class FakeAgent:
    """Binds a node's ROUTER and answers in a thread of its own."""

    def __init__(self, cluster: Cluster, node: str, answer: Answer, pair: KeyPair | None = None) -> None:
        own = pair or load_pair(cluster.keys / "private" / f"{node}.key_secret")
        self.requests: list[Request] = []
        self.raw: list[bytes] = []
        """Sent before each reply, as they are."""
        self._answer = answer
        self._sockets = Sockets(own, load_keyring(cluster.keys), serves=True)
        self._router = self._sockets.router(f"tcp://127.0.0.1:{cluster.nodes[node].router_port}")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"agent {node}")
        self._thread.start()

    def close(self) -> None:
        """Die."""
        self._stop.set()
        self._thread.join()
        self._router.close()
        self._sockets.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            if not self._router.poll(20, zmq.POLLIN):
                continue
            who, data = self._router.recv_multipart()
            request = decode_request(data)
            self.requests.append(request)
            for body, last in self._answer(request) or ():
                for message in (*self.raw, encode(Reply(request.id, body, last))):
                    # Who asked may be gone by now.
                    with suppress(zmq.ZMQError):
                        self._router.send_multipart([who, message])


class Town:
    """A cluster, and the agents that a test lets live."""

    def __init__(self, folder: Path) -> None:
        self.file = write_cluster(folder)
        self.cluster = load_cluster(self.file)
        self.key = self.cluster.keys / "private" / "operator.key_secret"
        self._agents: list[FakeAgent] = []

    def agent(self, node: str, answer: Answer | None = None, pair: KeyPair | None = None) -> FakeAgent:
        """Let an agent live; it shows a status unless told otherwise."""
        agent = FakeAgent(self.cluster, node, answer or shows_status(node), pair)
        self._agents.append(agent)
        return agent

    def die(self, agent: FakeAgent) -> None:
        """Let it die."""
        self._agents.remove(agent)
        agent.close()

    def close(self) -> None:
        """Let all die."""
        for agent in self._agents:
            agent.close()


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """A town for one test."""
    found = Town(folder)
    try:
        yield found
    finally:
        found.close()


__all__ = ["NODES", "Answer", "FakeAgent", "Town", "application", "event", "status", "town"]
