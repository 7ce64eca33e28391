"""All that the demo started ends with it, however it ends."""

from __future__ import annotations

import signal

import pytest

from tests.waiting import none_left

from .cluster import HCI_PROGRAMS, running

pytestmark = pytest.mark.live

PARTS = 6 * 3
"""Agent, shim and supervisord of six nodes."""
PROGRAMS = 6 + 3 * 5
"""A common bus on each node, five lasting programs of each srv."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_ended_demo_leaves_no_process(number: signal.Signals) -> None:
    with running(wait="0", strict=False) as cluster:
        cluster.start("scen2_hci_01", "console_1")
        assert len(cluster.left()) >= PARTS + PROGRAMS + len(HCI_PROGRAMS)
        code = cluster.end(number)
        if number is signal.SIGKILL:
            # Nobody is left to tell them: they notice.
            assert code == -signal.SIGKILL
        else:
            assert code == 0, cluster.last_words()
            assert cluster.left() == {}, "it waits for what it started"
        none_left(cluster.left, patience=8.0)
        assert cluster.witness.doubles() == []
