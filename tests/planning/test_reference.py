"""Placement, sequences and strategies against a reference model that shares nothing with the product."""

from __future__ import annotations

import pytest

from .reference.cases import play

CASES = 4000
BATCHES = 4


@pytest.mark.parametrize("batch", range(BATCHES))
def test_decisions_are_those_of_the_reference_model_and_every_job_ends(batch: int) -> None:
    for number in range(batch * CASES // BATCHES, (batch + 1) * CASES // BATCHES):
        play(number)


def test_a_start_whose_node_dies_before_its_process_is_up_is_given_another_node() -> None:
    play(22980)


def test_a_start_does_not_wait_for_a_process_that_its_node_has_forgotten() -> None:
    play(87400)
