"""What storms have shown, added up over runs: a line of JSON for each round, and a report."""

from __future__ import annotations

import html
import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec


class Round(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a round did, and what followed. Times in seconds."""

    seed: int
    number: int
    """Within its seed, from 1."""
    what: str
    """What was broken, in words."""
    healed: float = 0.0
    """From the mending until every console saw all whole."""
    elsewhere: tuple[float, ...] = ()
    """From the fault until the first program of what was lost began on another host."""
    starts: int = 0
    """Programs that were started."""
    overlap_ms: float = 0.0
    """Milliseconds in which an application ran on two nodes."""
    violations: tuple[str, ...] = ()
    """What ran twice, or what did not heal; with its story."""
    version: str = ""
    engine: str = "embedded"

    def __str__(self) -> str:
        tail = f": {'; '.join(self.violations)}" if self.violations else ""
        where = f"{self.engine:8} {self.seed:6}/{self.number:<4}"
        return f"{where} {self.what}: whole again after {self.healed:.2f} s{tail}"


def load(file: Path) -> list[Round]:
    """All rounds of a results file; none if there is no such file.

    Raises:
        ValueError: a line is no round; the text says which.
    """
    if not file.exists():
        return []
    lines = file.read_bytes().splitlines()
    return [_round(line, f"{file}:{number}") for number, line in enumerate(lines, 1)]


def _round(line: bytes, where: str) -> Round:
    try:
        return msgspec.json.decode(line, type=Round)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{where}: not a round: {error}; remove the line") from None


def add(file: Path, one: Round) -> None:
    """Add a round to the file."""
    with file.open("ab") as opened:
        opened.write(msgspec.json.encode(one) + b"\n")


def _spread(name: str, values: Sequence[float]) -> str:
    if not values:
        return f"{name}: not measured"
    return f"{name}: median {statistics.median(values):.2f} s, at most {max(values):.2f} s ({len(values)})"


def summary(rounds: Sequence[Round]) -> str:
    """Some lines of text for each engine, and all that is broken."""
    lines = []
    for engine in sorted({one.engine for one in rounds}):
        lines += _summary(engine, [one for one in rounds if one.engine == engine])
    return "\n".join([*lines, *(str(one) for one in rounds if one.violations)])


def _summary(engine: str, rounds: Sequence[Round]) -> list[str]:
    broken = [one for one in rounds if one.violations]
    return [
        f"{engine}: {len(rounds)} rounds of {len({one.seed for one in rounds})} seeds, "
        f"{sum(one.starts for one in rounds)} starts of programs, "
        f"{sum(one.overlap_ms for one in rounds):.0f} ms of overlap, {len(broken)} violations",
        "  " + _spread("whole again", [one.healed for one in rounds if not one.violations]),
        "  " + _spread("elsewhere", [each for one in rounds for each in one.elsewhere]),
    ]


def report(rounds: Sequence[Round]) -> str:
    """The same as a page of HTML, with every round."""
    rows = "\n".join(
        f"<tr{' class=bad' if one.violations else ''}><td>{one.engine}<td>{one.seed}<td>{one.number}"
        f"<td>{html.escape(one.what)}"
        f"<td>{one.healed:.2f}<td>{', '.join(f'{each:.2f}' for each in one.elsewhere)}<td>{one.starts}"
        f"<td>{one.overlap_ms:.0f}<td><pre>{html.escape(chr(10).join(one.violations))}</pre>"
        for one in rounds
    )
    heads = (
        "engine",
        "seed",
        "round",
        "broken",
        "whole again (s)",
        "elsewhere (s)",
        "starts",
        "overlap (ms)",
        "violation",
    )
    return f"""<!doctype html>
<meta charset="utf-8">
<title>Faults</title>
<style>body{{font-family:sans-serif}} td{{padding:0 .6em;vertical-align:top}} .bad{{background:#fcc}}</style>
<h1>Faults</h1>
<pre>{html.escape(summary(rounds))}</pre>
<table><tr>{"".join(f"<th>{head}" for head in heads)}
{rows}
</table>
"""
