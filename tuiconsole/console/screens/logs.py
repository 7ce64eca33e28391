"""The logs of one process or of several: side by side, or merged."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from tuiconsole.console.actions import Place
from tuiconsole.console.desk import Desk
from tuiconsole.console.rows.details import empty_words
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, spread
from tuiconsole.console.rows.log_lines import TooLongError, search_pattern
from tuiconsole.console.rows.log_times import wanted_time
from tuiconsole.console.screens.base import ConsoleScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.details.log_view import LogView, Silence
from tuiconsole.console.widgets.foot.foot_line import FootLine, Mode
from tuiconsole.console.widgets.lines.pane import LinesPane
from tuiconsole.console.work import begin_work
from tuiconsole.source.pattern import PatternError

TAIL = 512 * 1024
"""Bytes of what is already there."""
MOST = 4
"""Logs side by side."""


class LogTitle(LinesPane):
    """Whose logs these are, which stream, and whether they follow."""

    DEFAULT_CSS = """
    LogTitle { height: 1; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._left: Line = ()
        self._following = True

    def show(self, left: Line, following: bool) -> None:
        """Show this state."""
        self._left, self._following = left, following
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        right = (
            Span("● following", Tone.RUNNING) if self._following else Span("◌ held – f follows", Tone.MINOR),
        )
        return (spread(self._left, right, width),)


class LogScreen(ConsoleScreen):
    """The whole screen for logs."""

    PLACE = Place.LOGS
    AUTO_FOCUS = "LogView"

    DEFAULT_CSS = """
    LogScreen {
        #panels { layout: vertical; }
        LogView {
            height: 1fr; width: 1fr; padding: 0 1;
            border-top: solid $rule;
            border-title-color: $tone-dim;
            border-title-style: none;
            &:focus { border-top: solid $rule-focus; border-title-color: $tone-strong; }
        }
        &.-tiny LogView, &.-tiny LogView:focus { border: none; }
        ClusterHeader { height: 1; }
    }
    """

    def __init__(self, desk: Desk, namespecs: tuple[str, ...]) -> None:
        super().__init__(desk)
        self._namespecs = namespecs
        self._stderr = False
        self._merged = len(namespecs) > MOST
        self._wrap = desk.wrap
        self._search = ""
        self._jumped = ""
        self._opened = False

    def panels(self) -> ComposeResult:
        yield LogTitle()
        with Horizontal(id="logs"):
            yield from self._panes()

    def _panes(self) -> Iterator[LogView]:
        for _ in range(1 if self._merged else len(self._namespecs)):
            yield LogView(wrap=self._wrap)

    @property
    def subject(self) -> Subject:
        return Subject(Kind.PROCESS, self._namespecs[0])

    @property
    def views(self) -> tuple[LogView, ...]:
        """The panes, from left to right."""
        return tuple(self.query(LogView))

    @property
    def view(self) -> LogView:
        """The pane that keys are about."""
        return next((one for one in self.views if one.has_focus), self.views[0])

    def focus_body(self) -> None:
        self.view.focus()

    def paint(self) -> None:
        if not self._opened:
            # Not before: what is known of a process tells why its log is empty.
            self._opened = True
            self._open()
        self._retitle()

    def step_back(self) -> bool:
        if not self._search and not self._jumped:
            return False
        self._search = self._jumped = ""
        for view in self.views:
            view.search(None)
        self._retitle()
        return True

    def action_stream(self) -> None:
        self._stderr = not self._stderr
        self._open()

    def action_follow(self) -> None:
        for view in self.views:
            view.follow()

    def action_wrap(self) -> None:
        self._wrap = self.desk.wrap = not self._wrap
        for view in self.views:
            view.wrap(self._wrap)
        self._retitle()

    async def action_merge(self) -> None:
        if len(self._namespecs) < 2:
            self.notify("one log only: mark several processes, then l", timeout=4, markup=False)
            return
        if self._merged and len(self._namespecs) > MOST:
            self.notify(f"side by side there is room for {MOST}", timeout=4, markup=False)
            return
        self._merged = not self._merged
        body = self.query_one("#logs")
        await body.remove_children()
        await body.mount(*self._panes())
        self._open()
        self.focus_body()

    def action_search(self) -> None:
        self.query_one(FootLine).open(Mode.SEARCH, self._search, self.desk.searches)

    def on_foot_line_entered(self, message: FootLine.Entered) -> None:
        super().on_foot_line_entered(message)
        if message.mode is Mode.SEARCH:
            self.told_search(message.text)
        elif message.mode is Mode.TIME and message.text.strip():
            self.told_goto_time(message.text)

    def told_search(self, text: str) -> None:
        """Search for this regular expression; the latest match comes first."""
        pattern: re.Pattern[str] | None = None
        if text:
            try:
                pattern = search_pattern(text)
            except PatternError as error:
                self.notify(plain(f"{error}; {error.remedy}"), severity="warning", markup=False)
                return
        self._search, self._jumped = text, ""
        for view in self.views:
            view.search(pattern)
        if pattern is not None:
            self._to_match(-1)
        self._retitle()

    def action_next_match(self) -> None:
        self._to_match(1)

    def action_previous_match(self) -> None:
        self._to_match(-1)

    def action_goto_time(self) -> None:
        self.query_one(FootLine).open(Mode.TIME, "", self.desk.times)

    def told_goto_time(self, text: str) -> None:
        """Go to this time in all panes; the title says when the line there was written."""
        now = self.desk.now().astimezone(self.desk.zone)
        try:
            wanted = wanted_time(text, now)
        except PatternError as error:
            self.notify(plain(f"{error}; {error.remedy}"), severity="warning", markup=False)
            return
        found = [view.to_time(wanted, now) for view in self.views]
        moment = found[self.views.index(self.view)] or next(filter(None, found), None)
        if moment is None:
            self.notify(
                "no line bears a time, and none has come since this log was opened",
                severity="warning",
                markup=False,
            )
            return
        self._search, self._jumped = "", f"{moment:%Y-%m-%d %H:%M:%S}"
        for view in self.views:
            view.mark(None)
        if moment < wanted:
            self.notify(f"nothing was written after {wanted:%H:%M:%S}: this is the last line", markup=False)
        self._retitle()

    def action_save(self) -> None:
        name = self._namespecs[0].replace("/", "_").replace(":", "_")
        stream = "stderr" if self._stderr else "stdout"
        self.told_save(f"{name}-{stream}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.log")

    def told_save(self, name: str) -> None:
        """Write what is kept of this log to a new file; a browser gets it as a download."""
        if self.app.is_web:
            text = io.StringIO("".join(f"{line}\n" for line in self.view.lines))
            self.app.deliver_text(text, save_filename=Path(name).name, open_method="download")
            return
        file = Path(name).expanduser()
        try:
            # Never over another file: "x".
            with file.open("x", encoding="utf-8") as out:
                out.writelines(f"{line}\n" for line in self.view.lines)
        except OSError as error:
            self.notify(plain(f"{file}: {error.strerror}"), severity="error", markup=False)
            return
        self.notify(plain(f"{len(self.view.lines)} lines in {file.absolute()}"), markup=False)

    def action_copy(self) -> None:
        lines = self.view.visible_lines
        self.app.copy_to_clipboard("\n".join(lines))
        self.notify(f"{len(lines)} lines copied", timeout=3, markup=False)

    def _to_match(self, step: int) -> None:
        if not self._search:
            self.notify("nothing to search for: / first", timeout=3, markup=False)
        else:
            try:
                found = self._pane_with_match(step)
            except TooLongError:
                self.notify("the search takes too long: search for less", severity="warning", markup=False)
            else:
                if not found:
                    words = plain(f"no line has {self._search}")
                    self.notify(words, severity="warning", timeout=3, markup=False)
        self._retitle()

    def _pane_with_match(self, step: int) -> bool:
        """Go to a match, in another pane if this one has none; False if none has."""
        here = self.view
        for view in (here, *(one for one in self.views if one is not here)):
            if view.to_match(step):
                view.focus()
                return True
        return False

    def _open(self) -> None:
        views = self.views
        for number, namespec in enumerate(self._namespecs):
            view = views[0] if self._merged else views[number]
            if self._merged and number == 0:
                view.clear()
            begin_work(
                self,
                functools.partial(
                    view.run,
                    self.desk.logs,
                    namespec,
                    stderr=self._stderr,
                    tail=TAIL,
                    name=plain(namespec.rpartition(":")[2]) if self._merged else "",
                    silence=Silence(*empty_words(self.picture, namespec, stderr=self._stderr, how="Esc, ")),
                ),
                name=f"log of {namespec}",
                group=f"log-{number}",
            )
        for view in views:
            self.watch(view, "following", self._retitle, init=False)
        self._retitle()

    def _retitle(self) -> None:
        if not self.query(LogTitle) or not self.views:
            return
        names = ", ".join(map(plain, self._namespecs))
        parts = ["stderr" if self._stderr else "stdout"]
        parts += ["merged"] if self._merged else []
        parts += ["wrapped"] if self._wrap else []
        spans = [Span(", ".join(parts), Tone.STRONG)]
        if self._search:
            at = self.view.match
            where = f" line {at + 1}" if at is not None else ""
            spans.append(Span(f"  /{plain(self._search)}{where}", Tone.ACCENT))
        if self._jumped:
            spans.append(Span(f"  @ {self._jumped}", Tone.ACCENT))
        spans.append(Span(f"  {names}", Tone.DIM))
        self.query_one(LogTitle).show(tuple(spans), all(view.following for view in self.views))
        if not self._merged:
            for view, namespec in zip(self.views, self._namespecs, strict=True):
                # Content, not markup: a name may hold brackets.
                view.border_title = Content(f" {plain(namespec)} ")
