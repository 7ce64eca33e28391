"""Whatever happens: one grant an application, no host over 100 %, sequences in order, every job ends.

The world itself checks placement, load and grants after each event; see world.py.
"""

from __future__ import annotations

import copy

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tuiconsole.model.requests import Action

from .scenario import BUS, CHECK, CONSOLES, HCI, SERVERS, SRV, Rules, view
from .world import World

PHASES = (Phase.explicit, Phase.generate)
"""Stories are short, and shrinking them takes longer than reading them."""

APPS = tuple(f"scen2_{kind}_0{n}" for kind in ("srv", "hci") for n in (1, 2, 3))
NODES = (*SERVERS, *CONSOLES)

asks = st.tuples(
    st.just("ask"),
    st.sampled_from([Action.START, Action.STOP, Action.RESTART, Action.CLEAR]),
    st.sampled_from(APPS),
    st.sampled_from(NODES),
)
crashes = st.tuples(st.just("crash"), st.sampled_from(APPS), st.integers(0, 6))
fates = st.tuples(
    st.just("fate"),
    st.sampled_from(APPS),
    st.integers(0, 6),
    st.sampled_from(["crash", "fatal", "exit", "hang", "run"]),
)
node_events = st.tuples(st.sampled_from(["kill", "silence", "back"]), st.sampled_from(NODES))
masters = st.tuples(st.sampled_from(["elect", "depose"]))
waits = st.tuples(st.just("wait"), st.sampled_from([0.0, 0.001, 0.003, 0.02, 0.1, 0.5, 2.0, 6.0]))
stories = st.lists(
    st.one_of(asks, asks, crashes, fates, node_events, masters, waits, waits), min_size=1, max_size=25
)


def play(story: list[tuple[object, ...]]) -> World:
    world = World().elect()
    for number, (what, *details) in enumerate(story):
        if what == "ask":
            action, app, node = details
            world.ask(action, app, on=node, request_id=f"r{number}", timeout=20.0)  # type: ignore[arg-type]
        elif what == "wait":
            world.run(details[0])  # type: ignore[arg-type]
        elif what == "elect":
            world.elect(SERVERS[number % 3])
        elif what == "depose":
            world.depose()
        elif what == "fate":
            app, index, fate = details
            names = SRV if "srv" in str(app) else HCI
            world.fate[f"{app}:{names[index % len(names)]}"] = (str(fate), 0.05)  # type: ignore[operator]
        elif what == "crash":
            app, index = details
            for node, alive in world.alive(str(app)).items():
                world.crash(node, alive[index % len(alive)])  # type: ignore[operator]
        else:
            happen(world, str(what), str(details[0]))
    return world


def happen(world: World, what: str, node: str) -> None:
    gone = node in world.mute or node in world.dead
    if what == "kill" and not gone:
        world.kill_node(node)
    elif what == "silence" and not gone:
        world.go_silent(node)
    elif what == "back" and node in world.dead:
        world.bring_back(node)


@settings(max_examples=120, deadline=None, derandomize=True, phases=PHASES)
@given(stories)
def test_whatever_happens_each_request_ends_and_each_job_is_over_in_the_end(
    story: list[tuple[object, ...]],
) -> None:
    world = play(story)
    asked = [f"r{number}" for number, (what, *_) in enumerate(story) if what == "ask"]
    if world.engine is None:
        world.elect()
    known = {record.id for record in world.ledger.requests}
    world.run(400)
    assert not world.ledger.jobs, world.ledger.jobs
    assert not [record for record in world.ledger.requests if record.open]
    for request in asked:
        # What came while there was no master was never received; its client asks again.
        if request in known:
            assert len({outcome.target for outcome in world.outcomes[request]}) == 1
    names = [grant.name for grant in world.ledger.grants.values()]
    assert len(names) == len(set(names))
    assert not any(":" in name for name in names)


@settings(max_examples=40, deadline=None, derandomize=True, phases=PHASES)
@given(stories)
def test_the_same_story_is_decided_in_the_same_way(story: list[tuple[object, ...]]) -> None:
    one, other = play(copy.deepcopy(story)), play(story)
    one.run(20)
    other.run(20)
    assert one.commands == other.commands
    assert one.events == other.events
    assert one.stored == other.stored
    assert one.report == other.report


@settings(max_examples=60, deadline=None, derandomize=True, phases=PHASES)
@given(st.dictionaries(st.sampled_from(SRV), st.sampled_from([("exit", 0.3), ("fatal", 0.2), ("run", 0.0)])))
def test_no_step_begins_before_the_one_before_it_is_over(fate: dict[str, tuple[str, float]]) -> None:
    world = World(start=view(items=1))
    app = "scen2_srv_01"
    world.fate = {f"{app}:{name}": what for name, what in fate.items()}
    world.elect().run(30)
    rules = Rules()
    numbers = [rules.program(app, name).start_sequence for name in world.order_of_starts(app)]
    assert numbers == sorted(numbers)
    over = {"fatal": 0.2}
    at = {name.partition(":")[2]: when for when, _, name in world.started}
    for name, when in at.items():
        for earlier, began in at.items():
            if rules.program(app, earlier).start_sequence >= rules.program(app, name).start_sequence:
                continue
            kind, delay = fate.get(earlier, ("exit", 0.1) if "check" in earlier else ("run", 0.0))
            waits = delay if rules.program(app, earlier).wait_exit and kind == "exit" else over.get(kind, 0.0)
            assert when >= began + waits


@settings(max_examples=40, deadline=None, derandomize=True, phases=PHASES)
@given(st.integers(0, 20), st.sampled_from(CONSOLES), st.sampled_from(CONSOLES))
def test_a_race_of_two_consoles_has_one_winner_and_one_refusal(gap: int, first: str, second: str) -> None:
    world = World().elect().run(3)
    one = world.ask(Action.START, "scen2_hci_01", on=first)
    world.run(gap / 1000)
    two = world.ask(Action.START, "scen2_hci_01", on=second)
    world.run(3)
    assert world.answer(one).text == "started"
    assert f"on {first}" in world.answer(two).text
    assert world.order_of_starts("scen2_hci_01").count(BUS) == 1


@pytest.mark.parametrize("items", [1, 4, 6, 9])
def test_as_many_srv_run_as_the_servers_can_carry(items: int) -> None:
    world = World(start=view(items=items)).elect().run(10)
    running = sum(bool(world.alive(f"scen2_srv_{n:02d}")) for n in range(1, items + 1))
    assert running == min(items, 6)
    assert world.order_of_starts("scen2_srv_01").count(CHECK) == 1
