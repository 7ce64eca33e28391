"""Work that goes on beside the screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode


def begin_work(
    node: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], *, name: str, group: str, alone: bool = True
) -> None:
    """Do it in a worker of this widget, screen or app; a failure does not end the console.

    Args:
        node: whose worker it is.
        work: makes the coroutine, once the worker runs. One that is cancelled before it has run leaves none
            that was never awaited.
        name: in words, for the log of events.
        group: of what may be cancelled together.
        alone: whatever else the group does is cancelled.
    """
    # Textual's annotation leaves it open whether the coroutine is the result.
    maker: Any = work
    node.run_worker(maker, name=name, group=group, exclusive=alone, exit_on_error=False)
