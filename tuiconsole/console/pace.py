"""How often the screen is painted: at once while that is cheap, some ten times a second while it is not.

And that what a key does goes first.
"""

from __future__ import annotations

import math

SHORTEST = 0.025
"""Seconds between two pictures at least: changes within it are painted as one."""
CALM = 0.055
"""Seconds between two pictures of a great cluster: what happens is seen soon, and keys get through."""
_SHARE = 5
"""A picture that took long is followed by a pause of so many times that, up to CALM."""
TURN = 0.004
"""Seconds of drawing after which everything else has its turn, keys above all."""
_LEAST = 2
"""However long it took, twice that is left for keys."""


def pause_after(took: float) -> float:
    """Seconds to wait after a picture that took so many seconds."""
    return max(SHORTEST, min(_SHARE * took, CALM), _LEAST * took)


KEY_TURNS = 4
"""Turns of the loop until a key that was read is known of: Textual has a coroutine put it into a queue."""
KEY_TAKES = 0.04
"""Seconds in which what a key does is done and painted, in several turns of the loop."""
LONGEST_WAIT = 0.06
"""Seconds that a picture waits for keys at most: one that is held down must not stop the screen."""


class KeysFirst:
    """Has pictures wait for what a key does. Times are on one clock, in seconds."""

    def __init__(self) -> None:
        self._pressed = -math.inf

    def press(self, now: float) -> None:
        """A key has come."""
        self._pressed = now

    def wait(self, now: float, began: float) -> float:
        """For how long a picture that was begun at `began` has to wait; 0 if it can go on."""
        return max(0.0, min(self._pressed + KEY_TAKES, began + LONGEST_WAIT) - now)
