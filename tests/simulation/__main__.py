"""Replay seeds of whole clusters: `python -m tests.simulation SEED`, or `FROM-TO` for many, on all cores."""

from __future__ import annotations

import sys

from tests.replay import main
from tests.simulation.mutants import MUTANTS
from tests.simulation.site import play

sys.exit(main(play, MUTANTS, sys.argv[1:]))
