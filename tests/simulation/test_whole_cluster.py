"""Real agents on virtual time: never twice, and well again after every fault."""

from __future__ import annotations

import pytest

from tests.simulation.site import play

SEEDS = 96
BATCHES = 4


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_whole_cluster_runs_nothing_twice_and_heals(batch: int) -> None:
    spawned = answered = 0
    for seed in range(batch * SEEDS // BATCHES, (batch + 1) * SEEDS // BATCHES):
        site = play(seed)
        spawned += site.spawned
        answered += sum(map(len, site.asked.values()))
    # The seeds are worth something only if much happens in them.
    assert spawned > 15 * SEEDS / BATCHES
    assert answered > SEEDS / BATCHES


def test_a_seed_of_a_whole_cluster_replays_the_same_story() -> None:
    assert play(7).story == play(7).story
