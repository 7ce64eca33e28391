"""A cluster file that differs on one node, told with its remedy; and one that is changed on all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import none_left, until
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState
from tuiconsole.model.status import ClusterStatus

from .addresses import HOSTS
from .cluster import CONSOLES, SERVERS, Cluster, application, calm, node_of, whole

pytestmark = pytest.mark.live

HCI2 = "scen2_hci_02"


@contextlib.contextmanager
def changed(file: Path, before: str, after: str) -> Iterator[None]:
    """Within the block an agent that starts reads it with this change."""
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")
    try:
        yield
    finally:
        file.write_text(text, "utf-8")


def restarted(cluster: Cluster, node: str) -> None:
    """Kill a node's agent, and wait until its next one, which the launcher starts, is heard everywhere."""
    before = cluster.node(node).pids.agent
    cluster.kill(node, "agent")
    for by in ("console_1", node):
        cluster.wait_until(lambda s: node_of(s, node).pids.agent not in (0, before), f"{node} anew", node=by)


def log_of(cluster: Cluster, node: str) -> str:
    return "".join(file.read_text("utf-8", "replace") for file in cluster.folder.glob(f"log/*{node}*"))


def test_a_console_with_another_node_lease_is_kept_out_and_says_why_everywhere(cluster: Cluster) -> None:
    cluster.start(HCI2, "console_2")
    others = cluster.pids("console_2")
    words = "kept out: its cluster file differs from the core nodes' in node_lease (8, not 4); give it theirs"

    def kept_out(status: ClusterStatus) -> bool:
        node = node_of(status, "console_2")
        return words in (node.reason or "") and node.state is not NodeState.RUNNING

    with changed(cluster.config, "[kinds.server]", "[timing]\nnode_lease = 8.0\n[kinds.server]"):
        restarted(cluster, "console_2")
        for by in ("console_1", "server_1", "console_2"):
            cluster.wait_until(kept_out, f"{by} knows why", node=by)
    # It had a lease, which ends in its time: what it covered has stopped, and may run elsewhere.
    none_left(lambda: [program.pid for program in cluster.live(HCI2)], "its end", 8.0)
    assert words in cluster.cli("nodes", node="console_2").stdout
    assert words in cluster.cli("nodes", node="console_1").stdout
    assert words in log_of(cluster, "console_2")
    told = [e.text for e in cluster.desk("console_1").events() if e.subject == "console_2"]
    assert any(words in text for text in told)
    cluster.wait_until(
        lambda s: (
            s.state is ClusterState.OPERATION
            and application(s, HCI2).state is ApplicationState.STOPPED
            and application(s, HCI2).grant is None
        ),
        f"{HCI2} free",
        node="console_1",
    )
    cluster.start(HCI2, "console_3")
    assert cluster.pids("console_2", "console_3") == {
        key: pid for key, pid in others.items() if key[1] != "console_3"
    }
    restarted(cluster, "console_2")
    status = cluster.wait_until(calm, "console_2 back with the right file")
    assert node_of(status, "console_2").differs is None


def test_a_server_with_other_core_nodes_has_no_vote_and_the_others_go_on(cluster: Cluster) -> None:
    victim = next(server for server in SERVERS if server != (cluster.status().master or (None,)).node)  # type: ignore[union-attr]
    other = next(server for server in SERVERS if server != victim)
    section = f'[nodes.{other}]\nkind = "server"\nhost = "{HOSTS[other]}"\nport = 61100\ncore = true'
    with changed(cluster.config, section, section.replace("true", "false")):
        restarted(cluster, victim)
        status = cluster.wait_until(
            lambda s: "in core nodes (without " in (node_of(s, victim).reason or ""),
            "the others know",
            node="console_1",
        )
    assert f"without {other} at {HOSTS[other]}:61100" in (node_of(status, victim).differs or "")
    cluster.wait_until(
        lambda s: "in core nodes (without " in (node_of(s, victim).reason or ""), "it knows", node=victim
    )
    status = cluster.wait_until(
        lambda s: (
            s.state is ClusterState.OPERATION
            and s.quorum.held
            and s.quorum.missing == (victim,)
            and all(application(s, f"scen2_srv_0{n}").nodes not in ((), (victim,)) for n in (1, 2, 3))
        ),
        "all srv on the other servers",
        timeout=20.0,
        node="console_1",
    )
    assert f"was founded with {', '.join(SERVERS)} as core nodes" in log_of(cluster, victim)
    restarted(cluster, victim)
    cluster.wait_until(lambda s: calm(s) and s.quorum.present == 3, f"{victim} votes again")


def test_other_rules_on_one_console_are_told_and_stop_nothing(cluster: Cluster) -> None:
    cluster.start(HCI2, "console_2")
    before = cluster.pids()
    rules = cluster.folder / "rules.toml"
    with changed(rules, "expected_loading = 10", "expected_loading = 9"):
        restarted(cluster, "console_2")
    words = "its rules differ from the master's, which are in force"
    for by in ("console_2", "server_2"):
        status = cluster.wait_until(
            lambda s: node_of(s, "console_2").differs == words and calm(s), f"{by} tells", node=by
        )
        assert whole(application(status, HCI2))
    until(lambda: words in log_of(cluster, "console_2"), "the log")
    assert cluster.pids() == before
    restarted(cluster, "console_2")
    cluster.wait_until(lambda s: calm(s) and node_of(s, "console_2").differs is None, "one mind")
    assert cluster.pids() == before


def test_the_node_lease_is_changed_on_all_nodes_and_nothing_stops(cluster: Cluster) -> None:
    """docs/operation.md, «Changing the cluster file»."""
    cluster.start(HCI2, "console_2")
    before = cluster.pids()
    nodes = (*SERVERS, *CONSOLES)
    for timing in ("[timing]\nnode_lease = 6.0\n[kinds.server]", "[kinds.server]"):
        for node in nodes:
            assert cluster.cli("maintenance", node, "--for", "5m").returncode == 0
        text = cluster.config.read_text("utf-8")
        if "[timing]" in text:
            new = text.replace("[timing]\nnode_lease = 6.0\n[kinds.server]", timing)
        else:
            new = text.replace("[kinds.server]", timing)
        cluster.config.write_text(new, "utf-8")
        for node in nodes:
            done = cluster.cli("agent", "--handover", node=node)
            assert done.returncode == 0, done
        status = cluster.wait_until(
            lambda s: calm(s) and not any(node.differs for node in s.nodes), "all go by the new file", 20.0
        )
        assert all(node.maintenance for node in status.nodes)
        for node in nodes:
            assert cluster.cli("maintenance", node, "--end").returncode == 0
        cluster.wait_until(
            lambda s: calm(s) and not any(node.maintenance for node in s.nodes), "the usual leases"
        )
        assert cluster.pids() == before
