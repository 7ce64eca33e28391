"""python -m tests.planning.reference 0-100000: cases by number; the first that differs is told."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.planning.reference.cases import play

_BATCH = 500


def _batch(begin: int, end: int) -> str:
    number = begin
    try:
        for number in range(begin, end):
            play(number)
    except Exception as error:  # noqa: BLE001 (whatever goes wrong in a case is what it shows)
        return f"case {number}: {type(error).__name__}: {error}"
    return ""


def main(words: str) -> int:
    """Play a range of cases, on all cores."""
    first, _, last = words.partition("-")
    begin, end = int(first), int(last or int(first) + 1)
    began = time.monotonic()
    starts = range(begin, end, _BATCH)
    with ProcessPoolExecutor() as pool:
        for trouble in pool.map(_batch, starts, (min(start + _BATCH, end) for start in starts)):
            if trouble:
                print(trouble)
                return 1
    print(f"{end - begin} cases agree with the reference model, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "0-100000"))
