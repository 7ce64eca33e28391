"""Replay seeds of the core: `python -m tests.coordination.simulation SEED [MUTANT]`, or `FROM-TO` for many.

They are played on all cores, or by as many processes as `--workers N` says, which comes first.
"""

from __future__ import annotations

import sys

from tests.coordination.simulation.mutants import MUTANTS
from tests.coordination.simulation.scenario import play
from tests.replay import main

sys.exit(main(play, MUTANTS, sys.argv[1:]))
