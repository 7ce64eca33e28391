"""Replay seeds: `python -m tests.coordination.simulation SEED [MUTANT]`, or `FROM-TO` on all cores."""

from __future__ import annotations

import sys

from tests.coordination.simulation.mutants import MUTANTS
from tests.coordination.simulation.scenario import play
from tests.replay import main

sys.exit(main(play, MUTANTS, sys.argv[1:]))
