"""`#` and `@`: the Nth node for the Nth application, or for the Nth process of a homogeneous group."""

from __future__ import annotations

import pytest

from tuiconsole.planning.placement import eligible
from tuiconsole.planning.signs import number_of, numbers_of, share
from tuiconsole.rulebook.rules import Sign

from .scenario import view

NODES = view().nodes
CONSOLES = ("console_1", "console_2", "console_3")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("hci_02", 2),
        ("hci-3", 3),
        ("hci_007", 7),
        ("hci_0", 0),
        ("hci2", 0),
        ("hci", 0),
        ("a_1_b", 0),
        ("_12", 12),
    ],
)
def test_the_number_of_an_application_ends_its_name_after_a_dash_or_an_underscore(
    name: str, number: int
) -> None:
    assert number_of(name) == number


def test_processes_are_numbered_within_what_differs_in_its_last_number_only() -> None:
    found = numbers_of(
        ("a:web_10", "a:web_02", "a:db_0", "a:db_1", "a:web_03", "a:alone", "a:n1_x", "a:n0_x")
    )
    assert found == {
        "a:web_02": 1, "a:web_03": 2, "a:web_10": 3, "a:db_0": 1, "a:db_1": 2, "a:alone": 1,
        "a:n0_x": 1, "a:n1_x": 2,
    }  # fmt: skip


@pytest.mark.parametrize("sign", list(Sign))
def test_without_a_list_a_sign_counts_all_nodes_in_the_order_of_the_cluster_file(sign: Sign) -> None:
    order = list(NODES)
    for number, node in enumerate(order, 1):
        assert eligible(("*",), NODES, number, sign)[0] == (node,)


def test_with_a_list_it_counts_the_nodes_that_the_list_means_in_its_order() -> None:
    assert eligible(("console_3", "server"), NODES, 1, Sign.HASH)[0] == ("console_3",)
    assert eligible(("console_3", "server"), NODES, 3, Sign.HASH)[0] == ("server_2",)


def test_more_instances_than_nodes_go_round_under_a_hash_and_nowhere_under_an_at() -> None:
    assert [share(Sign.HASH, number, CONSOLES).nodes for number in (3, 4, 7)] == [
        ("console_3",), ("console_1",), ("console_1",),
    ]  # fmt: skip
    assert share(Sign.AT, 3, CONSOLES).nodes == ("console_3",)
    excess = share(Sign.AT, 4, CONSOLES)
    assert excess.nodes == ()
    assert excess.words == "@ gives one to each of console_1, console_2, console_3, and this is number 4"


def test_more_nodes_than_instances_leave_the_last_nodes_free() -> None:
    used = {eligible(("console",), NODES, number, Sign.HASH)[0] for number in (1, 2)}
    assert used == {("console_1",), ("console_2",)}


def test_what_a_sign_cannot_count_is_told_with_the_remedy() -> None:
    assert "ends with -N or _N" in share(Sign.HASH, 0, CONSOLES).words
    assert share(Sign.HASH, 1, ()).words == "# finds no node to count"
