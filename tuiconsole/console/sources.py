"""Where screens get logs from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

LogSource = Callable[[str, bool, int], AsyncIterator[str]]
"""Opens a log: namespec, stderr or not, bytes of what is already there; yields text, raises LookupError."""
