"""What the master engine needs for a great cluster: 5,000 programs in 500 applications on 20 nodes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from benchmarks.figure import Figure
from tests.planning.scenario import Rules
from tuiconsole.model.ledger import JobKind, JobPhase, Ledger
from tuiconsole.model.node import Node, View
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.planning.engine import messages as m
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.machine import Engine
from tuiconsole.planning.engine.placing import placement_for
from tuiconsole.rulebook.rules import ApplicationRules, Distribution, ProgramRules, StartingStrategy
from tuiconsole.settings.timing import Timing

APPLICATIONS, PROGRAMS, NODES = 500, 10, 20
TIMES = 200


def measure() -> Iterator[Figure]:
    """One placement, and one process's change taken in."""
    rules = {
        f"app_{i:03d}": (
            ApplicationRules(
                f"app_{i:03d}",
                Distribution.SINGLE_INSTANCE,
                start_sequence=0,
                starting_strategy=StartingStrategy.LESS_LOADED,
            ),
            {f"p{j}": ProgramRules(start_sequence=1 + j // 4) for j in range(PROGRAMS)},
        )
        for i in range(APPLICATIONS)
    }
    nodes = {}
    for number in range(NODES):
        # Each node knows a quarter of all, as where there are kinds of nodes.
        known = [name for i, name in enumerate(rules) if i % 4 == number % 4]
        # All but the last ones run, each on the first node that knows it.
        running = {name for i, name in enumerate(known) if number < 4 and i * 4 < APPLICATIONS - TIMES}
        processes = {
            f"{name}:p{j}": Process(
                name,
                f"p{j}",
                ProcessState.RUNNING if name in running else ProcessState.STOPPED,
                token=(1, 1) if name in running else None,
            )
            for name in known
            for j in range(PROGRAMS)
        }
        name = f"n{number:02d}"
        nodes[name] = Node(
            name,
            f"h{number // 2}",
            state=NodeState.RUNNING,
            epoch=1,
            incarnation=f"{name}/1",
            seen_at=0.5,
            processes=processes,
        )
    engine = Engine(Rules(rules), Timing(), "n00")
    now = m.Now(100.0, 1_800_000_000.0)
    engine.take_over(Ledger(), 1, View(nodes), now)
    engine.decide(now)
    s = engine._s  # noqa: SLF001 (what a decision consists of is measured by its parts)
    busy = s.nodes["n00"].processes["app_000:p1"]
    placed = []
    for i in range(TIMES):
        application = s.apps[f"app_{APPLICATIONS - 1 - i:03d}"]
        # As while it goes on: something has changed since the last one.
        s.nodes.change_process("n00", msgspec.structs.replace(busy, changed_at=float(i)))
        job = Job.new(
            application.name, JobKind.START, JobPhase.STARTING, now, requested_by="bench", cause="bench"
        )
        began = time.perf_counter()
        found = placement_for(s, application, list(application.sequence()), job)
        placed.append((time.perf_counter() - began) * 1e3)
        assert found.node is not None
    yield Figure("one placement decision", placed, "ms", 1.0, 1.0, note="5,000 programs, 20 nodes")
    folded = []
    for i in range(TIMES):
        node = f"n{i % NODES:02d}"
        namespec = f"app_{i % 4 + 4 * i % 400 // 4 * 4:03d}:p1"
        process = s.nodes[node].processes.get(namespec) or next(iter(s.nodes[node].processes.values()))
        changed = msgspec.structs.replace(process, state=ProcessState.STOPPED, changed_at=100.0 + i)
        given = m.ProcessChanged(node, changed)
        began = time.perf_counter()
        engine.handle(given, now)
        folded.append((time.perf_counter() - began) * 1e6)
    yield Figure("a status change folded in", folded, "us", 50.0, 50.0, note="into the master's view")
    whole = []
    for _ in range(20):
        began = time.perf_counter()
        engine.decide(now)
        whole.append((time.perf_counter() - began) * 1e3)
    yield Figure("a whole decision of an idle cluster", whole, "ms")
