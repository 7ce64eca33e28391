"""Real agents on virtual time: never twice, and well again after every fault."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.planting import planted
from tests.simulation.mutants import MUTANTS, SHOWN_BY
from tests.simulation.site import MANNERS, play
from tests.timeline import Broken
from tuiconsole.rulebook.rules import ConciliationStrategy

SEEDS = 200
BATCHES = 8
DOUBLED = 2
"""Seeds in which an ALLOW application has to run twice, to see what becomes of it."""
CAUGHT_WITHIN = 200
"""Seeds within which each broken version must have broken a promise."""


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_whole_cluster_runs_nothing_twice_and_heals(batch: int) -> None:
    spawned = answered = spared = 0
    for seed in range(batch * SEEDS // BATCHES, (batch + 1) * SEEDS // BATCHES):
        site = play(seed)
        spawned += site.spawned
        answered += sum(map(len, site.asked.values()))
        spared += site.spared
    # The seeds are worth something only if much happens in them.
    assert spawned > 15 * SEEDS / BATCHES
    assert answered > SEEDS / BATCHES
    assert spared, "no KEEP and no ALLOW went on anywhere"


def test_what_may_run_twice_does_so_and_one_of_it_is_left_after_the_last_fault() -> None:
    doubled = 0
    for seed in range(CAUGHT_WITHIN):
        if MANNERS[seed % len(MANNERS)].conciliation is not ConciliationStrategy.USER:
            doubled += bool(play(seed).doubled)
        if doubled == DOUBLED:
            return
    raise AssertionError(f"only {doubled} seeds have a double")


def play_all(seeds: Iterable[int]) -> None:
    for seed in seeds:
        play(seed)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_an_agent_without_a_line_that_a_promise_rests_on_is_caught(mutant: str) -> None:
    seeds = (SHOWN_BY.get(mutant, 0), *range(CAUGHT_WITHIN))
    with planted(MUTANTS[mutant]), pytest.raises(Broken, match=r"replay: python -m") as caught:
        play_all(seeds)
    assert "Traceback" not in str(caught.value), "a promise was broken, and not the simulation"


def test_a_seed_of_a_whole_cluster_replays_the_same_story() -> None:
    assert play(7).story == play(7).story
