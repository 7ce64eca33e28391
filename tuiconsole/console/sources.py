"""Where screens get logs and answers from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.why import Why

LogSource = Callable[[str, bool, int], AsyncIterator[str]]
"""Opens a log: namespec, stderr or not, bytes of what is already there; yields text, raises LookupError."""


class PlanSource(Protocol):
    """Foretells, as `Session.plan` does; raises LookupError."""

    def __call__(
        self,
        question: Question,
        names: tuple[str, ...],
        *,
        strategy: str | None = None,
        origin: str = "",
        number: int = 0,
    ) -> Awaitable[Plan]:
        """What would happen."""


WhySource = Callable[[str], Awaitable[Why]]
"""Why an application or process is as it is; raises LookupError."""
