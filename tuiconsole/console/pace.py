"""How often the screen is painted: at once while that is cheap, some ten times a second while it is not."""

from __future__ import annotations

SHORTEST = 0.04
"""Seconds between two pictures at least: changes within it are painted as one."""
CALM = 0.055
"""Seconds between two pictures of a great cluster: what happens is seen soon, and keys get through."""
_SHARE = 8
"""A picture that took long is followed by a pause of so many times that, up to CALM."""
_LEAST = 2
"""However long it took, twice that is left for keys."""


def pause_after(took: float) -> float:
    """Seconds to wait after a picture that took so many seconds."""
    return max(SHORTEST, min(_SHARE * took, CALM), _LEAST * took)
