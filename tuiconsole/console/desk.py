"""What all screens of a console share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone, tzinfo

from tuiconsole.console.habits import Habits
from tuiconsole.console.history import History
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.rows.ordering import Grouping, Order
from tuiconsole.console.sources import LogSource, PlanSource, WhySource
from tuiconsole.console.trends import Trends


class Desk:
    """One operator's desk.

    Args:
        logs: opens logs.
        plan: foretells starts.
        why: explains.
        zone: for times of day; None is this machine's.
        keymap: which keys mean what.
        habits: what is remembered.
        now: the wall clock.
    """

    def __init__(
        self,
        logs: LogSource,
        plan: PlanSource,
        why: WhySource,
        *,
        zone: tzinfo | None = None,
        keymap: Keymap | None = None,
        habits: Habits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        habits = habits or Habits()
        self.logs = logs
        self.plan = plan
        self.why = why
        self.zone = zone
        self.keymap = keymap or Keymap()
        self.trends = Trends()
        self.lit = True
        """The bright half of the blinking of what nobody has acknowledged; always, if nothing blinks."""
        self.order: Order = habits.order
        self.grouping: Grouping = habits.grouping
        self.wrap = habits.wrap
        self.filters = History(habits.filters)
        self.commands = History(habits.commands)
        self.searches = History(habits.searches)
        self.times = History()
        self.place = habits.screen
        """The screen that is shown, or was shown last."""
        self.shown = dict(habits.shown)
        """By screen: the words of its filter."""
        self.now = now

    def habits(self, theme: str) -> Habits:
        """What is to be remembered now."""
        return Habits(
            theme,
            self.order,
            self.grouping,
            self.wrap,
            self.filters.lines,
            self.commands.lines,
            self.searches.lines,
            self.place,
            {place: words for place, words in self.shown.items() if words},
        )
