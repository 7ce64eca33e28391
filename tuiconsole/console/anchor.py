"""Where cursor and scroll stand after a list's rows changed: with the same thing, not the same number."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class View(msgspec.Struct, frozen=True):
    """The row under the cursor and the first visible row, counted from 0."""

    cursor: int = 0
    scroll: int = 0


def reanchored(old: Sequence[str], new: Sequence[str], view: View, height: int) -> View:
    """`view` on the `new` keys, of which `height` are visible at a time.

    The cursor stays on its key, or goes to the nearest one before it that is left. What is looked at stays at
    its place on the screen: the cursor's row if it is visible, else the first visible row that is left.
    """
    if not new:
        return View()
    places = {key: number for number, key in enumerate(new)}
    cursor = _surviving(old, view.cursor, places)
    seen = view.scroll <= view.cursor < view.scroll + height
    scroll = view.scroll + cursor - view.cursor if seen else _surviving(old, view.scroll, places)
    scroll = max(0, min(scroll, len(new) - height))
    if seen:
        scroll = kept_visible(cursor, scroll, height)
    return View(cursor, scroll)


def kept_visible(cursor: int, scroll: int, height: int) -> int:
    """The scroll nearest to `scroll` with which the cursor's row is visible."""
    return max(0, cursor - height + 1, min(scroll, cursor)) if height > 0 else scroll


def _surviving(old: Sequence[str], index: int, places: dict[str, int]) -> int:
    for key in reversed(old[: index + 1]):
        if key in places:
            return places[key]
    return 0
