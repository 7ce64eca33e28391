"""Thousands of seeds of faults, and the proof that the simulation can fail."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.coordination.simulation.mutants import MUTANTS, SHOWN_BY
from tests.coordination.simulation.scenario import play
from tests.planting import planted
from tests.timeline import Broken

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
