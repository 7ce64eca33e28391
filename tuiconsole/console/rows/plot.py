"""A curve over time, drawn in a few lines of block characters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tuiconsole.console.rows.line import Line, Span, Tone

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def plot_lines(
    title: str, values: Sequence[float], words: Callable[[float], str], width: int, height: int
) -> tuple[Line, ...]:
    """A heading with the newest value and the greatest, then the curve, the newest at its right edge.

    The scale begins at 0 and ends at the greatest value that is seen.

    Args:
        title: what is shown.
        values: oldest first; NaN leaves a gap, and as the newest says that there is none now.
        words: a value as a person reads it.
        width: cells.
        height: lines of the curve.
    """
    width, height = max(4, width), max(1, height)
    seen = list(values)[-width:]
    known = [value for value in seen if math.isfinite(value)]
    top = max(known, default=0.0) or 1.0
    levels = [
        0 if not math.isfinite(value) else max(1, round(value / top * height * 8)) if value > 0 else 0
        for value in seen
    ]
    now = words(values[-1]) if values and math.isfinite(values[-1]) else "–"
    most = f"  at most {words(max(known))}" if known else ""
    lines: list[Line] = [(Span(f"{title} ", Tone.DIM), Span(now, Tone.STRONG), Span(most, Tone.DIM))]
    for row in range(height - 1, -1, -1):
        text = "".join(_EIGHTHS[max(0, min(8, level - 8 * row))] for level in levels)
        lines.append((Span(text.rjust(width), Tone.RUNNING),))
    return tuple(lines)
