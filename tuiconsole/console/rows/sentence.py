"""What the cluster says in words, for people who read it on this machine."""

from __future__ import annotations

import re
from datetime import tzinfo

from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.quantity import moment

_UTC = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z\b")


def sentence(text: str, zone: tzinfo | None = None) -> str:
    """The text made harmless, with the times in it, which are UTC, in `zone` (None: this machine's)."""
    return plain(_UTC.sub(lambda found: moment(found[0], zone), text) if "Z" in text else text)
