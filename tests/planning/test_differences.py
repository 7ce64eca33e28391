"""Who goes by another cluster file or other rules: told on all nodes alike, with the remedy."""

from __future__ import annotations

import msgspec

from tuiconsole.model.agreement import Agreement
from tuiconsole.model.node import View
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import ClusterStatus
from tuiconsole.planning.differences import Difference, differences

from .scenario import view
from .test_status import see

SAFETY = {"core nodes": "s1 at h1:1, s2 at h2:1, s3 at h3:1", "node_lease": "4", "margin": "0.2"}
REST = {"[timing]": "a", "[kinds]": "b", "rules": "c"}
CORES = ("server_1", "server_2", "server_3")
AGREED = Agreement(SAFETY, REST, CORES)
LEASE = Agreement({**SAFETY, "node_lease": "8"}, REST, CORES)
NOW = 10.0


def going_by(agreed: Agreement = AGREED, **others: Agreement) -> View:
    """All nodes heard lately; `others` by name go by something else."""
    nodes = view()
    for name, node in nodes.nodes.items():
        one = others.get(name, agreed)
        nodes = nodes.with_node(
            msgspec.structs.replace(
                node,
                safety_digest=one.safety_digest,
                rest_digest=one.rest_digest,
                agreement=one,
                seen_at=NOW - 0.3,
            )
        )
    return nodes


def told(nodes: View, observer: str, master: str | None = "server_1") -> dict[str, Difference]:
    return differences(nodes, observer, master, NOW)


def reason(status: ClusterStatus, name: str) -> str | None:
    return next(node.reason for node in status.nodes if node.name == name)


def test_all_of_one_mind_have_nothing_to_tell() -> None:
    assert told(going_by(), "server_1") == {}


def test_a_node_with_another_lease_is_told_apart_on_itself_as_on_the_others() -> None:
    nodes = going_by(console_2=LEASE)
    words = (
        "kept out: its cluster file differs from the core nodes' in node_lease (8, not 4); "
        "give it theirs and start its agent again"
    )
    for observer in ("console_2", "server_1", "console_1"):
        for master in ("server_1", None):
            assert told(nodes, observer, master) == {"console_2": Difference(words, keeps_out=True)}


def test_a_core_node_with_another_list_is_the_odd_one_as_long_as_a_majority_agrees() -> None:
    other = {**SAFETY, "core nodes": "s1 at h1:1, s2 at h2:1, s4 at h4:1"}
    nodes = going_by(server_3=Agreement(other, REST))
    for observer in ("server_3", "server_1"):
        (found,) = told(nodes, observer).items()
        assert found[0] == "server_3"
        assert "in core nodes (with s4 at h4:1, without s3 at h3:1); give it theirs" in found[1].words


def test_a_core_node_that_knows_less_of_them_is_the_odd_one_also_in_its_own_eyes() -> None:
    fewer = {**SAFETY, "core nodes": "s2 at h2:1, s3 at h3:1"}
    nodes = going_by(server_3=Agreement(fewer, REST, ("server_2", "server_3")))
    first = msgspec.structs.replace(nodes.nodes["server_1"], core=False)
    (found,) = told(nodes.with_node(first), "server_3", None).items()
    assert found[0] == "server_3"
    assert (
        "kept out: its cluster file differs from the core nodes' in core nodes (without s1" in found[1].words
    )


def test_without_a_majority_everybody_names_who_differs_from_himself() -> None:
    margin = Agreement({**SAFETY, "margin": "0.5"}, REST)
    nodes = going_by(server_2=LEASE, server_3=margin, console_1=LEASE)
    assert set(told(nodes, "server_2", None)) == {"server_1", "server_3", "console_2", "console_3"}
    assert told(nodes, "server_1", None)["server_2"].words == (
        "its cluster file and server_1's differ in node_lease (8, not 4), and no majority of the core nodes "
        "agrees: make it the same everywhere and start the agents again"
    )


def test_other_rules_are_told_and_keep_nobody_out() -> None:
    nodes = going_by(console_1=Agreement(SAFETY, {**REST, "rules": "others"}))
    words = "its rules differ from the master's, which are in force"
    assert told(nodes, "console_3") == {"console_1": Difference(words, keeps_out=False)}
    assert told(nodes, "console_3", None) == {}


def test_the_rest_of_the_file_is_told_by_its_tables() -> None:
    nodes = going_by(console_1=Agreement(SAFETY, {**REST, "[timing]": "x", "[kinds]": "y"}))
    assert told(nodes, "server_2")["console_1"].words == (
        "its cluster file differs from the master's in [timing], [kinds]; that keeps it out of nothing"
    )


def test_a_node_of_which_only_heartbeats_are_heard_differs_without_details() -> None:
    nodes = going_by(console_2=LEASE)
    nodes = nodes.with_node(msgspec.structs.replace(nodes.nodes["console_2"], agreement=None))
    assert "differs from the core nodes' in what safety rests on; give" in (
        told(nodes, "server_1")["console_2"].words
    )


def test_what_was_silent_or_has_left_is_not_judged_by_its_last_word() -> None:
    nodes = going_by(console_2=LEASE, console_3=LEASE)
    silent = msgspec.structs.replace(nodes.nodes["console_2"], seen_at=NOW - 5.0)
    left = msgspec.structs.replace(nodes.nodes["console_3"], state=NodeState.STOPPED)
    assert told(nodes.with_node(silent).with_node(left), "server_1") == {}


def test_the_status_says_it_of_a_lost_node_and_of_a_running_one() -> None:
    nodes = going_by(console_2=LEASE, console_1=Agreement(SAFETY, {**REST, "rules": "others"}))
    lost = msgspec.structs.replace(
        nodes.nodes["console_2"], state=NodeState.FAILED, reason="its lease is over"
    )
    status = see(nodes.with_node(lost), master=None)
    assert (reason(status, "console_2") or "").startswith("its lease is over; kept out: its cluster file")
    assert reason(status, "console_1") is None
    waiting = msgspec.structs.replace(nodes.nodes["console_2"], state=NodeState.CHECKING, reason="waits")
    status = see(nodes.with_node(waiting))
    assert (reason(status, "console_2") or "").startswith("kept out: its cluster file differs")
    console = next(node for node in status.nodes if node.name == "console_2")
    assert console.differs == console.reason
