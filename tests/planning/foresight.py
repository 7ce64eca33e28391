"""A standing of the test world: as the master itself knows it, or as another agent that heard its report."""

from __future__ import annotations

from tuiconsole.model.node import View
from tuiconsole.model.plan import Basis
from tuiconsole.model.status import QuorumStatus
from tuiconsole.planning.forecast.standing import Standing, engine_from_report

from .world import World

QUORUM = QuorumStatus(3, 3, 2, True)


def as_master(world: World, quorum: QuorumStatus = QUORUM, master: str = "server_1") -> Standing:
    assert world.engine is not None
    return Standing(world.engine, world.clock, master, Basis.MASTER, quorum, master, world.report)


def as_another(world: World, quorum: QuorumStatus = QUORUM, master: str = "") -> Standing:
    engine = engine_from_report(
        world.report,
        View(dict(world.nodes)),
        world.rules,
        world.timing,
        "console_3",
        sorted(world.mute),
        world.clock,
        quorum=quorum.held,
    )
    basis = Basis.REPORT if world.report else Basis.VIEW
    return Standing(engine, world.clock, "console_3", basis, quorum, master, world.report)
