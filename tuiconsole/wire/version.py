"""The version of all messages of the mesh."""

from __future__ import annotations

VERSION = 1
"""Of the whole set. A message of another version is dropped: a mixed cluster shows the others as silent
rather than misunderstanding them."""
