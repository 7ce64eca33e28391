"""Broken versions of the product that exist only while they are planted: each must be caught."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Patch = tuple[Any, str, Any]
"""(class or module, attribute, what takes its place)."""


@contextmanager
def planted(patches: Sequence[Patch]) -> Iterator[None]:
    """Within the block the product is broken in this way."""
    saved = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in patches]
    for owner, attribute, replacement in patches:
        setattr(owner, attribute, replacement)
    try:
        yield
    finally:
        for owner, attribute, original in saved:
            setattr(owner, attribute, original)
