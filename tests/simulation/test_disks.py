"""The power of a host is cut at one disk operation after the other; `make prove` does so at each of them."""

from __future__ import annotations

from tests.simulation.disks import cuts

EVERY = 53
"""A prime, so that the sample is of all kinds of operations."""


def test_a_power_cut_at_a_disk_operation_breaks_no_promise_and_leaves_nothing_stopped() -> None:
    cut = list(cuts(EVERY, first=7))
    assert len(cut) > 4
    assert all(cut), "at each of them there was one"
