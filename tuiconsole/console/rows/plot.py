"""A curve over time, drawn in a few lines of block characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tuiconsole.console.rows.line import Line, Span, Tone, cell

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def plot_lines(title: str, values: Sequence[float], shown: str, width: int, height: int) -> tuple[Line, ...]:
    """A heading with the last value in words, then `height` lines of the curve, the newest at the right edge.

    The scale begins at 0 and ends at the greatest value that is seen. NaN leaves a gap.
    """
    width, height = max(4, width), max(1, height)
    head = (Span(f"{title} ", Tone.DIM), cell(shown, max(1, width - len(title) - 1), Tone.STRONG))
    seen = list(values)[-width:]
    known = [value for value in seen if math.isfinite(value)]
    top = max(known, default=0.0) or 1.0
    levels = [
        0 if not math.isfinite(value) else max(1, round(value / top * height * 8)) if value > 0 else 0
        for value in seen
    ]
    lines: list[Line] = [head]
    for row in range(height - 1, -1, -1):
        text = "".join(_EIGHTHS[max(0, min(8, level - 8 * row))] for level in levels)
        lines.append((Span(text.rjust(width), Tone.RUNNING),))
    return tuple(lines)
