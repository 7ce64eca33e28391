"""Where screens get logs and answers from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from tuiconsole.model.plan import Plan
from tuiconsole.model.why import Why

LogSource = Callable[[str, bool, int], AsyncIterator[str]]
"""Opens a log: namespec, stderr or not, bytes of what is already there; yields text, raises LookupError."""

PlanSource = Callable[[tuple[str, ...], str | None, str], Awaitable[Plan]]
"""What a start would do: targets, strategy (None: the rules'), node on whose behalf; raises LookupError."""

WhySource = Callable[[str], Awaitable[Why]]
"""Why an application or process is as it is; raises LookupError."""
