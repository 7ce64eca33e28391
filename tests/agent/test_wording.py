"""A command of the engine, as the node that is to carry it out gets it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tuiconsole.agent.wording import LONGEST_LOOK, list_of, worded
from tuiconsole.model.node import Node, Pids
from tuiconsole.planning.engine.messages import (
    AdoptGrant,
    LeaveNode,
    Manage,
    ManagedProgram,
    NodeCommand,
    ProbeProcess,
    ReleaseGrant,
    StartProcess,
    StopProcess,
)
from tuiconsole.rulebook.rules import Isolation, ReadyCheck
from tuiconsole.wire.orders import (
    Command,
    CommandAdopt,
    CommandLeave,
    CommandManage,
    CommandProbe,
    CommandRelease,
    CommandStart,
    CommandStop,
    ManagedName,
)

NODE = Node("server_1", "10.0.0.1", incarnation="shim 7", pids=Pids(1, 2, 3), life="life 4")

COMMON: dict[str, Any] = {"command_id": "5/1", "node": "server_1", "term": 5, "epoch": 2, "deadline": 100.0}
OF_A_GRANT: dict[str, Any] = {**COMMON, "grant": "hci", "token": (5, 8)}

COMMANDS: dict[type[Command], NodeCommand] = {
    CommandStart: StartProcess(
        **OF_A_GRANT, namespec="hci:window", isolation=Isolation.KEEP, arguments=("--item", "2")
    ),
    CommandStop: StopProcess(**OF_A_GRANT, namespec="hci:window", void=(5, 7)),
    CommandRelease: ReleaseGrant(**OF_A_GRANT, namespecs=("hci:window", "hci:sound")),
    CommandAdopt: AdoptGrant(**OF_A_GRANT, namespecs=("hci:window",)),
    CommandProbe: ProbeProcess(**OF_A_GRANT, namespec="hci:window", check=ReadyCheck(tcp="localhost:80")),
    CommandLeave: LeaveNode(**COMMON, restart=True, after=0.5),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_each_command_is_worded_with_all_that_it_says(kind: type[Command]) -> None:
    command = COMMANDS[kind]
    order = worded(command, NODE, 0.0)
    assert type(order) is kind
    decided, sent = (msgspec.structs.asdict(one) for one in (command, order))
    for key in decided.keys() & sent.keys():
        assert sent[key] == decided[key], key
    assert decided.keys() - sent.keys() <= {"node", "check", "token"}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: type(command).__name__)
def test_an_order_ends_at_its_deadline_on_the_clock_of_its_node(command: NodeCommand) -> None:
    order = worded(command, NODE, -40.5)
    assert isinstance(order, Command)
    assert order.deadline == 59.5


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: type(command).__name__)
def test_an_order_names_the_life_of_the_node_that_it_was_decided_for(command: NodeCommand) -> None:
    """Its successor must not obey: the proof that this life has ended frees the grants that it had."""
    order = worded(command, NODE, 0.0)
    assert isinstance(order, Command)
    assert (order.incarnation, order.supervisord, order.life) == ("shim 7", 3, "life 4")


@pytest.mark.parametrize(
    ("timeout", "limit"), [(2.0, 2.0), (LONGEST_LOOK, LONGEST_LOOK), (3600.0, LONGEST_LOOK)]
)
def test_one_look_takes_no_longer_than_all_of_them_may(timeout: float, limit: float) -> None:
    check = ReadyCheck(command="check --all", timeout=timeout)
    order = worded(ProbeProcess(**OF_A_GRANT, namespec="hci:window", check=check), NODE, 0.0)
    assert isinstance(order, CommandProbe)
    assert (order.tcp, order.file, order.command, order.limit) == ("", "", "check --all", limit)


def test_a_list_of_managed_programs_bears_the_term_of_its_master() -> None:
    programs = (
        ManagedProgram("hci:window", "hci", Isolation.STOP),
        ManagedProgram("log:log", "log:log", Isolation.ALLOW, disabled="by anna: too loud"),
    )
    assert list_of(Manage("server_1", programs, {"hci:window": 3}), 5) == CommandManage(
        5,
        (
            ManagedName("hci:window", "hci", "STOP"),
            ManagedName("log:log", "log:log", "ALLOW", "by anna: too loud"),
        ),
        {"hci:window": 3},
    )
