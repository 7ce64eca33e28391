"""The engine's commands, worded as the orders that a node is sent. Pure."""

from __future__ import annotations

from typing import Any

from tuiconsole.model.node import Node
from tuiconsole.planning.engine.messages import (
    AdoptGrant,
    LeaveNode,
    Manage,
    NodeCommand,
    ProbeProcess,
    ReleaseGrant,
    StartProcess,
    StopProcess,
)
from tuiconsole.wire.orders import (
    CommandAdopt,
    CommandLeave,
    CommandManage,
    CommandProbe,
    CommandRelease,
    CommandStart,
    CommandStop,
    ManagedName,
    NodeOrder,
)

LONGEST_LOOK = 10.0
"""Seconds that one look at whether a process is ready may take."""


def worded(command: NodeCommand, node: Node, clock_offset: float) -> NodeOrder:
    """The command as the node must have it.

    Args:
        command: what was decided.
        node: whom it is for, as it is known now: the order names this life of it, and of its supervisord.
        clock_offset: seconds that the node's clock is ahead of this one: the deadline has to be on its own.
    """
    common: dict[str, Any] = {
        "term": command.term,
        "epoch": command.epoch,
        "incarnation": node.incarnation,
        "supervisord": node.pids.supervisord,
        "life": node.life,
        "deadline": command.deadline + clock_offset,
        "command_id": command.command_id,
    }
    if isinstance(command, LeaveNode):
        return CommandLeave(**common, restart=command.restart, after=command.after)
    common["grant"] = command.grant
    if isinstance(command, StartProcess):
        return CommandStart(
            **common,
            namespec=command.namespec,
            token=command.token,
            isolation=command.isolation.value,
            arguments=command.arguments,
        )
    if isinstance(command, StopProcess):
        return CommandStop(**common, namespec=command.namespec, token=command.token, void=command.void)
    if isinstance(command, ReleaseGrant):
        return CommandRelease(**common, token=command.token, namespecs=command.namespecs)
    if isinstance(command, ProbeProcess):
        check = command.check
        return CommandProbe(
            **common,
            namespec=command.namespec,
            tcp=check.tcp,
            file=check.file,
            command=check.command,
            limit=min(check.timeout, LONGEST_LOOK),
        )
    assert isinstance(command, AdoptGrant)
    return CommandAdopt(**common, token=command.token, namespecs=command.namespecs)


def list_of(command: Manage, term: int) -> CommandManage:
    """The list of managed programs that a node is to put in force, of the master of this term."""
    names = tuple(ManagedName(m.namespec, m.grant, m.isolation.value, m.disabled) for m in command.managed)
    return CommandManage(term, names, command.scales)
