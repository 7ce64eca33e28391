"""The panel with the details of what is selected, and the live tail of its log."""

from __future__ import annotations

import functools
from datetime import tzinfo

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.details import detail_lines, empty_words, tail_of, title
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line
from tuiconsole.console.sources import LogSource
from tuiconsole.console.subject import Subject
from tuiconsole.console.widgets.details.log_view import LogView, Silence
from tuiconsole.console.widgets.lines.pane import LinesPane
from tuiconsole.console.widgets.lines.titled import entitle
from tuiconsole.console.work import begin_work

_SETTLED = 0.15
"""Seconds the cursor must rest before a log is opened: scrolling through the tree opens none."""
_TAIL = 8_192
"""Bytes of the log that the tail begins with."""


class Facts(LinesPane):
    """The facts about the subject."""

    DEFAULT_CSS = """
    Facts {
        max-height: 100%;
        padding: 0 1 0 2;
    }
    """

    def __init__(self, zone: tzinfo | None) -> None:
        super().__init__()
        self._zone = zone
        self._picture = Picture()
        self._subject = Subject()

    def show(self, picture: Picture, subject: Subject) -> None:
        """Show the facts about this subject."""
        self._picture, self._subject = picture, subject
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return detail_lines(self._picture, self._subject, width, self._zone)


class DetailsPanel(Vertical):
    """Facts above, the tail of a log below where there is one."""

    DEFAULT_CSS = """
    DetailsPanel {
        border-top: solid $rule;
        border-title-color: $tone-dim;
        border-title-style: none;
        &:focus-within {
            border-top: solid $rule-focus;
            border-title-color: $tone-strong;
        }
        LogView {
            height: 1fr;
            min-height: 2;
            border-top: dashed $rule;
            border-title-color: $tone-dim;
            border-title-style: none;
            display: none;
            margin: 0 0 0 2;
            color: $tone-dim;
        }
    }
    """

    def __init__(self, source: LogSource, zone: tzinfo | None = None) -> None:
        super().__init__()
        self._source = source
        self._zone = zone
        self._tailed = ""
        self._pending: Timer | None = None
        self._picture = Picture()

    def compose(self) -> ComposeResult:
        yield Facts(self._zone)
        yield LogView(id="tail")

    def show(self, picture: Picture, subject: Subject) -> None:
        """Show this subject."""
        self._picture = picture
        facts = self.query_one(Facts)
        facts.show(picture, subject)
        entitle(self, title(subject, picture))
        namespec = tail_of(picture, subject)
        if namespec != self._tailed:
            self._tailed = namespec
            # The facts are painted first: they shall not wait for a layout of the whole screen.
            facts.after_painting(self._settle)

    def _settle(self) -> None:
        if self._pending is not None:
            self._pending.stop()
        self.workers.cancel_group(self, "tail")
        view = self.query_one(LogView)
        # Not by a class: a style sheet is matched anew for all that is below.
        view.styles.display = "block" if self._tailed else None
        self.query_one(Facts).styles.max_height = "60%" if self._tailed else None
        view.clear()
        view.border_title = Content(f" log of {plain(self._tailed)} ")
        if self._tailed:
            self._pending = self.set_timer(_SETTLED, self._open)

    def _open(self) -> None:
        view = self.query_one(LogView)
        begin_work(
            self,
            functools.partial(
                view.run,
                self._source,
                self._tailed,
                tail=_TAIL,
                silence=Silence(*empty_words(self._picture, self._tailed)),
            ),
            name=f"log of {self._tailed}",
            group="tail",
        )
