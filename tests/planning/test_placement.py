"""Who may host, who has room, who is chosen, and why not another."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuiconsole.model.node import Node
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.planning.catalogue import Program
from tuiconsole.planning.placement import Loads, Placement, candidates, place
from tuiconsole.planning.sequences import start_steps, stop_steps
from tuiconsole.rulebook.rules import ProgramRules, StartingStrategy


def node(name: str, host: str, *tags: str) -> Node:
    process = Process("app", "p", ProcessState.STOPPED)
    return Node(name, host, tags, state=NodeState.RUNNING, processes={"app:p": process})


NODES = {
    n.name: n
    for n in (
        node("server_1", "127.0.0.11", "server"),
        node("server_2", "127.0.0.12", "server"),
        node("console_1", "127.0.0.11", "console"),
        node("console_2", "127.0.0.12", "console"),
    )
}


def put(
    load: int = 10,
    identifiers: tuple[str, ...] = ("*",),
    strategy: StartingStrategy = StartingStrategy.LESS_LOADED,
    origin: str = "",
    nodes: dict[str, Node] = NODES,
    hosts: dict[str, int] | None = None,
    loads: dict[str, int] | None = None,
    unusable: dict[str, str] | None = None,
) -> Placement:
    programs = [Program("app:p", "app", ProgramRules(expected_loading=load))]
    return place(
        programs,
        identifiers=identifiers,
        strategy=strategy,
        origin=origin,
        nodes=nodes,
        loads=Loads(hosts or {}, loads or {}),
        unusable=unusable or {},
    )


def test_identifiers_are_names_then_tags_and_a_star_is_all() -> None:
    assert candidates(("console", "server_2"), NODES) == ("console_1", "console_2", "server_2")
    assert candidates(("server_2", "server", "console_9"), NODES) == ("server_2", "server_1")
    assert candidates(("*",), NODES) == tuple(NODES)


def test_less_and_most_loaded_go_by_the_node_and_their_node_forms_by_the_host() -> None:
    # server_2 itself runs little, but its host much; console_1 is the other way round.
    given = {
        "identifiers": ("server_2", "console_1"),
        "loads": {"server_2": 10, "console_2": 60, "console_1": 40},
        "hosts": {"127.0.0.11": 40, "127.0.0.12": 70},
    }
    chosen = {strategy: put(strategy=strategy, **given).node for strategy in StartingStrategy}  # type: ignore[arg-type]
    assert chosen[StartingStrategy.LESS_LOADED] == "server_2"
    assert chosen[StartingStrategy.LESS_LOADED_NODE] == "console_1"
    assert chosen[StartingStrategy.MOST_LOADED] == "console_1"
    assert chosen[StartingStrategy.MOST_LOADED_NODE] == "server_2"


def test_equal_nodes_go_by_their_host_equal_hosts_by_the_node_and_the_rest_by_order() -> None:
    assert put(hosts={"127.0.0.11": 20, "127.0.0.12": 10}).node == "server_2"
    by_host = StartingStrategy.LESS_LOADED_NODE
    assert (
        put(loads={"server_1": 5}, identifiers=("server_1", "console_1"), strategy=by_host).node
        == "console_1"
    )
    assert put(identifiers=("server_2", "server_1")).node == "server_2"


def test_config_takes_the_first_of_the_identifiers_whatever_its_load() -> None:
    assert put(strategy=StartingStrategy.CONFIG, hosts={"127.0.0.11": 80}).node == "server_1"
    assert put(strategy=StartingStrategy.MOST_LOADED, hosts={"127.0.0.12": 10}).node == "server_2"


def test_local_is_the_node_of_the_request_or_nowhere() -> None:
    words = {"strategy": StartingStrategy.LOCAL, "identifiers": ("console",)}
    assert put(origin="console_2", **words).node == "console_2"  # type: ignore[arg-type]
    refused = put(origin="server_1", **words)  # type: ignore[arg-type]
    assert refused.node is None
    assert refused.reason == "no node can host it: server_1 is not among console_1, console_2"


@pytest.mark.parametrize(("load", "fits"), [(40, True), (41, False)])
def test_a_host_may_be_used_to_one_hundred_percent_by_all_its_nodes_together(load: int, fits: bool) -> None:
    placed = put(load, ("console_2",), hosts={"127.0.0.12": 60})
    assert (placed.node is not None) is fits
    if not fits:
        assert placed.reason == "no node can host it: console_2: 101 % of host 127.0.0.12 would be used"


def test_each_candidate_passed_over_is_told_with_its_reason() -> None:
    nodes = {
        **NODES,
        "server_1": msgspec.structs.replace(NODES["server_1"], state=NodeState.FAILED, reason="lost"),
        "console_1": msgspec.structs.replace(NODES["console_1"], processes={}),
    }
    placed = put(nodes=nodes, unusable={"server_2": "is silent since 0.9 s"})
    assert placed.node == "console_2"
    assert {item.node: item.reason for item in placed.passed_over} == {
        "server_1": "is FAILED (lost)",
        "server_2": "is silent since 0.9 s",
        "console_1": "its supervisord has no app:p",
    }


@given(
    st.integers(0, 100),
    st.dictionaries(st.sampled_from(["127.0.0.11", "127.0.0.12"]), st.integers(0, 100)),
    st.sampled_from(list(StartingStrategy)),
    st.sampled_from(list(NODES)),
)
def test_no_strategy_ever_passes_one_hundred(
    load: int, hosts: dict[str, int], strategy: StartingStrategy, origin: str
) -> None:
    placed = put(load, strategy=strategy, hosts=hosts, origin=origin)
    if placed.node is not None:
        assert hosts.get(NODES[placed.node].host, 0) + load <= 100
    else:
        assert placed.reason


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_sequences_keep_their_order_and_lose_nothing(numbers: list[tuple[int, int]]) -> None:
    programs = [
        Program(f"a:{i}", "a", ProgramRules(start_sequence=start, stop_sequence=stop))
        for i, (start, stop) in enumerate(numbers)
    ]
    rules = {program.namespec: program.rules for program in programs}
    starts = [n for step in start_steps(programs) for n in step]
    stops = [n for step in stop_steps(programs) for n in step]
    assert [rules[n].start_sequence for n in starts] == sorted(n for n, _ in numbers if n)
    assert [rules[n].stop_sequence for n in stops] == sorted((n for _, n in numbers), reverse=True)
    assert all(len({rules[n].start_sequence for n in step}) == 1 for step in start_steps(programs))
