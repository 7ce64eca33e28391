"""Playing seeds of a simulation from the command line: one with its story, or many on all cores."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.planting import Patch, planted
from tests.timeline import Timeline

Play = Callable[[int], Timeline]
SHOWN_EVERY = 500
"""Seeds after which a long run says how far it is."""


def _broken(play: Play, patches: Sequence[Patch], seed: int) -> str:
    """What a seed breaks, with its story; empty if nothing."""
    logging.disable(logging.CRITICAL)
    with planted(patches):
        return _breaks(play, seed)


def _breaks(play: Play, seed: int) -> str:
    try:
        play(seed)
    except AssertionError as broken:
        return str(broken)
    return ""


def _plant(patches: Sequence[Patch]) -> None:
    """In a process of its own, for as long as it lives."""
    logging.disable(logging.CRITICAL)
    for owner, attribute, replacement in patches:
        setattr(owner, attribute, replacement)


def main(play: Play, mutants: Mapping[str, Sequence[Patch]], arguments: Sequence[str]) -> int:
    """`[--workers N] SEED [MUTANT]` or `[--workers N] FROM-TO [MUTANT]`.

    Returns 0 if every promise was kept, else 1; 2 for usage.
    """
    workers = os.cpu_count() or 1
    if len(arguments) > 1 and arguments[0] == "--workers" and arguments[1].isdigit():
        workers, arguments = max(1, int(arguments[1])), arguments[2:]
    seeds = arguments[0].partition("-") if arguments else ("", "", "")
    mutant = arguments[1] if len(arguments) > 1 else ""
    if not seeds[0].isdigit() or (seeds[1] and not seeds[2].isdigit()) or (mutant and mutant not in mutants):
        print("usage: [--workers N] SEED [MUTANT] or FROM-TO [MUTANT]; mutants:", *mutants, sep="\n  ")
        return 2
    patches = mutants[mutant] if mutant else ()
    first, last = int(seeds[0]), int(seeds[2] or seeds[0])
    if first == last:
        broken = _broken(play, patches, first)
        story = broken or "\n".join(f"{at:7.3f}  {what}" for at, what in play(first).story)
        print(story)
        return 1 if broken else 0
    count = 0
    # What is planted may be a closure, which a forked process inherits and no other could be sent.
    forked = get_context("fork")
    with ProcessPoolExecutor(workers, forked, _plant, (patches,)) as pool:
        found = pool.map(partial(_breaks, play), range(first, last + 1), chunksize=16)
        for played, broken in enumerate(found, 1):
            if broken:
                count += 1
                print(broken if count == 1 else broken.splitlines()[0], flush=True)
            if played % SHOWN_EVERY == 0:
                print(
                    f"… up to seed {first + played - 1}: {count} break a promise", file=sys.stderr, flush=True
                )
    print(f"{last - first + 1} seeds: " + (f"{count} break a promise" if count else "every promise was kept"))
    return 1 if count else 0
