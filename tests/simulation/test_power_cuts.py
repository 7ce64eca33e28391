"""A host loses its power: what ran there begins elsewhere as soon as its lease is proved to be over."""

from __future__ import annotations

import pytest

from tests.simulation.power_cuts import cut
from tuiconsole.settings.timing import PROFILES

SEEDS = range(4, 6)
SOON = 0.25
"""Seconds beyond lease and margin: clocks that run fast or slow, the voters' disks, and the start itself."""


@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_host_ran_begins_elsewhere_when_its_lease_is_over_whoever_leads(profile: str) -> None:
    timing = PROFILES[profile]
    cuts = [one for seed in SEEDS for one in cut(seed, profile)]
    assert any(one.of_the_master for one in cuts)
    assert any(not one.of_the_master for one in cuts)
    for one in cuts:
        assert one.elsewhere < timing.node_lease + timing.margin + SOON, one
