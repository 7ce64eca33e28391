"""What Textual keeps of widgets that are gone, given back."""

from __future__ import annotations

import gc
from collections.abc import Callable
from importlib import import_module

FORGET_EVERY = 30.0
"""Seconds between two times: what a screen that was left has drawn is some 200 kB."""


def forget_gone_widgets() -> None:
    """Let go of what widgets have drawn that are gone.

    A private part of Textual (seen in 8.2.8) leaves no other way. It remembers the colours inside and outside
    of a border with `lru_cache` on a method, so each of its 1,024 keys holds the cache of one widget, with
    all lines that it drew last. Somebody who looks from screen to screen for half an hour fills it with 40 MB
    of lines that nobody sees. What is on the screen is remembered again as it is drawn.

    A screen is a great cycle of widgets. The collector looks at such old ones only when there are a quarter
    more of them, and meanwhile memory grows in steps; so it is told to look now (some 30 ms at most).
    """
    _clear()
    gc.collect()


def _cache_clear() -> Callable[[], None]:
    """Clears that memory; does nothing under a Textual that has it no more."""
    try:
        clear: Callable[[], None] = import_module(
            "textual._styles_cache"
        ).StylesCache.get_inner_outer.cache_clear
    except (ImportError, AttributeError):
        return lambda: None
    return clear


_clear = _cache_clear()
