"""What is done over and over is due on all nodes at the same instants, and never much too early or late."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuiconsole.clock import boottime, wall_offset
from tuiconsole.coordination.pace import Pace

SECONDS = st.floats(0.0, 4e9)


@given(now=SECONDS, offset=st.floats(-1e9, 2e9), period=st.floats(0.05, 60.0))
def test_the_next_instant_is_neither_at_once_nor_late(now: float, offset: float, period: float) -> None:
    wait = Pace(offset).after(now, period) - now
    assert period * 0.249 < wait < period * 1.251


@pytest.mark.parametrize("lateness", [-0.05, -0.001, 0.0, 0.001, 0.05])
def test_nodes_that_booted_at_different_times_meet_and_stay_together(lateness: float) -> None:
    one, other = Pace(1_000_000.0), Pace(2_000_000.3)
    shared = 2_500_000.123
    for _ in range(10):
        due = one.after(shared - one.offset, 0.4) + one.offset
        assert due == pytest.approx(other.after(shared - other.offset, 0.4) + other.offset)
        shared = due + lateness
    assert due % 0.4 == pytest.approx(0.0, abs=1e-6) or due % 0.4 == pytest.approx(0.4, abs=1e-6)


def test_the_shared_clock_is_the_wall_clock() -> None:
    before = time.time()
    shared = boottime() + wall_offset()
    assert before - 0.05 <= shared <= time.time() + 0.05
