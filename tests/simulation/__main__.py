"""Replay seeds of whole clusters: `python -m tests.simulation SEED [MUTANT]`, or `FROM-TO` for many.

They are played on all cores, or by as many processes as `--workers N` says, which comes first.
"""

from __future__ import annotations

import sys

from tests.replay import main
from tests.simulation.mutants import MUTANTS
from tests.simulation.site import play

sys.exit(main(play, MUTANTS, sys.argv[1:]))
