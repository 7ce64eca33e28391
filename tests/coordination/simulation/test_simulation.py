"""Thousands of seeds of faults, and the proof that the simulation can fail."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.coordination.simulation.mutants import MUTANTS, SHOWN_BY
from tests.coordination.simulation.scenario import Scenario, play
from tests.planting import planted
from tests.timeline import Broken
from tuiconsole.coordination.leases.holder import LeaseState

SEEDS = 1000
BATCHES = 4
CAUGHT_WITHIN = 4000
"""Seeds within which each broken version must have broken a promise."""


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_fault_breaks_a_promise(batch: int) -> None:
    writes = runs = changes = 0
    for seed in range(batch * SEEDS // BATCHES, (batch + 1) * SEEDS // BATCHES):
        scenario = play(seed)
        writes += scenario.writes
        runs += scenario.runs
        changes += len(scenario.leader_of)
    # The seeds are worth something only if much happens in them.
    assert writes > 10 * SEEDS / BATCHES
    assert changes > 2 * SEEDS / BATCHES
    assert runs > SEEDS / BATCHES


def play_all(seeds: Iterable[int]) -> None:
    for seed in seeds:
        play(seed)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_rule_is_caught(mutant: str) -> None:
    seeds = (SHOWN_BY.get(mutant, 0), *range(CAUGHT_WITHIN))
    with planted(MUTANTS[mutant]), pytest.raises(Broken, match=r"replay: python -m") as caught:
        play_all(seeds)
    assert "boots" in str(caught.value)
    assert ": Broken(" in str(caught.value), "a promise was broken, and not the simulation"


def test_a_seed_replays_the_same_story() -> None:
    assert play(7).story == play(7).story


def test_a_node_that_left_comes_back_as_its_new_shim_and_the_next_agent_goes_on_with_that_lease() -> None:
    # As agents do, which never go on with the lease of another incarnation: where the model did, no voter
    # acknowledged its renewals, nor heard that a maintenance was over (seeds 6946 and 9672).
    scenario = Scenario(6946)
    for machine in scenario.machines.values():
        machine.boot()
    scenario.run_until(2.0)
    node = scenario.node_machines["x"]
    former = node.holder.incarnation
    node.leave()
    scenario.run_until(4.0)
    lease = node.holder.lease
    assert lease is not None
    assert lease.incarnation == node.incarnation != former
    node.crash()
    node.boot()
    scenario.run_until(4.0 + 2 * node.timing.node_lease)
    assert (node.holder.state, node.holder.epoch) == (LeaseState.HELD, lease.epoch)
