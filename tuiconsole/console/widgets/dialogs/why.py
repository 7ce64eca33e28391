"""Why something is where it is, or does not run."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType

from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.why import why_lines
from tuiconsole.console.sources import WhySource
from tuiconsole.console.widgets.dialogs.answer import Drawn
from tuiconsole.console.widgets.dialogs.told import ToldScreen


class WhyScreen(ToldScreen):
    """The explanation of one application or process."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "dismiss", "Back")]

    def __init__(self, name: str, source: WhySource, zone: tzinfo | None) -> None:
        super().__init__(f"Why is {plain(name)} as it is?", self._explain)
        self._about = name
        self._source = source
        self._zone = zone

    async def _explain(self) -> Drawn:
        found = await self._source(self._about)
        return lambda width: why_lines(found, width, self._zone)
