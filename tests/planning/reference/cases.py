"""One case, from its number: the product's answer and that of the reference model must be the same."""

from __future__ import annotations

import random

from tests.planning.reference import model
from tests.planning.site import app, site, where
from tests.planning.world import World
from tuiconsole.model.node import Node
from tuiconsole.model.process import Process
from tuiconsole.model.requests import Action
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.planning.catalogue import Application, Program
from tuiconsole.planning.engine.failures import heaviest
from tuiconsole.planning.placement import Loads, eligible, place
from tuiconsole.planning.sequences import start_steps, stop_steps
from tuiconsole.planning.signs import number_of
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    Distribution,
    ProgramRules,
    RunningFailureStrategy,
    Sign,
    StartingFailureStrategy,
    StartingStrategy,
)

WORLD_EVERY = 20
"""Each case compares decisions; so many cases apart, one plays a whole story as well."""


def play(number: int) -> None:
    """One case. Raises AssertionError."""
    chance = random.Random(number)
    _placement(chance)
    _sequences(chance)
    _strategies(chance)
    if number % WORLD_EVERY == 0:
        _story(chance)


def _placement(chance: random.Random) -> None:
    hosts = [f"h{i}" for i in range(chance.randint(1, 4))]
    machines = [
        model.Machine(
            f"n{i}",
            chance.choice(hosts),
            tuple(chance.sample(["red", "blue"], chance.randint(0, 2))),
            chance.random() < 0.8,
            frozenset(chance.sample(["a:p", "a:q"], chance.randint(1, 2))),
            chance.choice([0, 5, 10, 10, 30, 60]),
        )
        for i in range(chance.randint(1, 7))
    ]
    names = [*(machine.name for machine in machines), "red", "blue", "*", "nobody"]
    identifiers = tuple(dict.fromkeys(chance.choices(names, k=chance.randint(1, 4))))
    sign = chance.choice([None, None, Sign.HASH, Sign.AT])
    ordinal = chance.randint(0, 9)
    strategy = chance.choice(list(StartingStrategy))
    needs = frozenset(chance.sample(["a:p", "a:q"], chance.randint(1, 2)))
    load = chance.choice([0, 1, 10, 40, 100])
    here = chance.choice(machines).name
    order = model.eligible(identifiers, machines, sign.value if sign else "", ordinal)
    wanted = model.choose(machines, order, needs, load, strategy.value, here)
    nodes = {
        machine.name: Node(
            machine.name,
            machine.host,
            machine.tags,
            state=NodeState.RUNNING if machine.running else NodeState.CHECKING,
            processes={n: Process("a", n[2:], ProcessState.STOPPED) for n in machine.programs},
        )
        for machine in machines
    }
    used: dict[str, int] = {}
    for machine in machines:
        used[machine.host] = used.get(machine.host, 0) + machine.load
    first, *rest = sorted(needs)
    programs = [Program(first, "a", ProgramRules(expected_loading=load))]
    programs += [Program(n, "a", ProgramRules()) for n in rest]
    assert eligible(identifiers, nodes, ordinal, sign)[0] == tuple(order)
    placed = place(
        programs,
        identifiers=identifiers,
        strategy=strategy,
        origin=here,
        nodes=nodes,
        loads=Loads(used, {machine.name: machine.load for machine in machines}),
        unusable={},
        number=ordinal,
        sign=sign,
    )
    assert placed.node == wanted, (placed, wanted)
    assert (placed.node is None) == bool(placed.reason)


def _sequences(chance: random.Random) -> None:
    words = {f"a:p{i}": (chance.randint(0, 4), chance.randint(0, 4)) for i in range(chance.randint(0, 9))}
    programs = [
        Program(n, "a", ProgramRules(start_sequence=start, stop_sequence=stop))
        for n, (start, stop) in words.items()
    ]
    starts = model.start_order({n: start for n, (start, _) in words.items()})
    stops = model.stop_order({n: stop for n, (_, stop) in words.items()})
    assert [set(step) for step in start_steps(programs)] == starts
    assert [set(step) for step in stop_steps(programs)] == stops
    name = chance.choice(["a", "a_", "a-", "_"]) + chance.choice(["", "0", "07", "12", "3x"])
    assert number_of(name) == model.number_of(name), name


def _strategies(chance: random.Random) -> None:
    chosen = chance.choices(list(RunningFailureStrategy), k=chance.randint(1, 5))
    programs = {
        f"a:p{i}": Program(f"a:p{i}", "a", ProgramRules(running_failure_strategy=one))
        for i, one in enumerate(chosen)
    }
    application = Application("a", ApplicationRules("a"), programs)
    assert heaviest(application, list(programs)).value == model.heaviest([one.value for one in chosen])


def _story(chance: random.Random) -> None:
    """Some applications on some hosts, programs that behave as they like, and people who ask for things."""
    plans = []
    for i in range(chance.randint(1, 3)):
        programs = {
            f"p{j}": ProgramRules(
                start_sequence=chance.randint(0, 3),
                stop_sequence=chance.randint(0, 3),
                required=chance.random() < 0.4,
                wait_exit=(waits := chance.random() < 0.2),
                start_timeout=10.0 if waits else None,
                expected_loading=chance.choice([0, 5, 20, 50]),
                starting_failure_strategy=chance.choice(list(StartingFailureStrategy)),
                running_failure_strategy=chance.choice(list(RunningFailureStrategy)[:4]),
            )
            for j in range(chance.randint(1, 4))
        }
        plans.append(
            app(
                f"app_{i + 1}",
                programs,
                start_sequence=chance.randint(0, 2),
                distribution=chance.choice(list(Distribution)),
                starting_strategy=chance.choice(list(StartingStrategy)),
                sign=chance.choice([None, None, Sign.HASH]),
            )
        )
    world = site(*plans, nodes=("n1", "n2", "n3", "n4"), per_host=chance.randint(1, 2))
    for plan in plans:
        for name, (_, known) in plan.items():
            for program, rules in known.items():
                usual = [("exit", 0.1)] if rules.wait_exit else [("run", 0.0)]
                odd = [("crash", 0.2), ("fatal", 0.1), ("run", 0.0), ("hang", 0.0)]
                world.fate[f"{name}:{program}"] = chance.choice(usual * 5 + odd)
    world.elect("n1")
    for _ in range(chance.randint(1, 5)):
        world.run(chance.choice([0.01, 0.1, 1.0, 3.0]))
        what = chance.random()
        if what < 0.7:
            action = chance.choice([Action.START, Action.STOP, Action.RESTART])
            world.ask(action, f"app_{chance.randint(1, len(plans))}", on="n2", timeout=20.0)
        elif what < 0.85 and not world.dead:
            world.kill_node(chance.choice(["n2", "n3", "n4"]))
        elif world.dead:
            world.bring_back(next(iter(world.dead)))
    _settle(world, len(plans))


def _settle(world: World, applications: int) -> None:
    """Every job is over, each request answered once, no start before its step, one host for SINGLE_NODE."""
    world.run(200)
    lively = {name for name, job in world.ledger.jobs.items() if job.phase.value != "waiting"}
    # What crashes for ever is restarted for ever, by its own rules: its job is a new one each time.
    crashing = {n.partition(":")[0] for n, (fate, _) in world.fate.items() if fate in ("crash", "fatal")}
    assert lively <= crashing, world.ledger.jobs
    assert not [record for record in world.ledger.requests if record.open]
    assert all(len({o.target for o in told}) == len(told) for told in world.outcomes.values())
    for number in range(1, applications + 1):
        name = f"app_{number}"
        rules = world.rules.application(name)
        nodes = set(where(world, name).values())
        assert rules is not None
        if rules.distribution is Distribution.SINGLE_NODE:
            assert len({world.nodes[node].host for node in nodes}) <= 1
        if rules.distribution is Distribution.SINGLE_INSTANCE:
            assert len(nodes) <= 1
