"""The starts and stops that go on, sequence by sequence, and what this console has asked for."""

from __future__ import annotations

from textual.app import ComposeResult

from tuiconsole.console.actions import Place
from tuiconsole.console.rows.jobs import JobRow, job_line, job_lines, job_rows
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Subject
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.titled import Prose, TitledList


class JobList(TitledList[JobRow]):
    """The jobs and requests."""

    BORDER_TITLE = " Jobs and requests "

    def draw(self, row: JobRow, width: int) -> Line:
        return job_line(row, width)

    def empty(self) -> Line:
        return (Span("nothing goes on, and nothing was asked from here", Tone.DIM),)


class JobsScreen(OperatingScreen):
    """The jobs above, the selected one's application below; stopping it cancels its start."""

    PLACE = Place.JOBS
    AUTO_FOCUS = "JobList"

    DEFAULT_CSS = """
    JobsScreen {
        #panels { grid-size: 1 2; grid-rows: 1fr 1fr; }
        &.-tiny #panels { grid-size: 1 1; grid-rows: 1fr; }
        &.-tiny Prose { display: none; }
        &.-tiny JobList, &.-tiny JobList:focus { border: none; }
    }
    """

    def panels(self) -> ComposeResult:
        yield JobList()
        yield Prose()

    @property
    def job(self) -> JobRow | None:
        """The selected job."""
        jobs = self.query_one(JobList)
        return jobs.rows[jobs.cursor] if jobs.rows else None

    @property
    def subject(self) -> Subject:
        job = self.job
        known = job is not None and self.picture.application(job.target) is not None
        return Subject.of_tree(job.target) if job is not None and known else Subject()

    def paint(self) -> None:
        self.query_one(JobList).show_rows(job_rows(self.picture))

    def show_subject(self) -> None:
        super().show_subject()
        job = self.job
        self.query_one(Prose).show(lambda width: job_lines(self.picture, job, width))

    def action_cancel(self) -> None:
        self.told_cancel(self.subject.key)

    def told_cancel(self, target: str) -> None:
        """Cancel the start or restart of this."""
        self.request("cancel", (target.partition(":")[0],))

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        if self.subject.key:
            self.post_message(self.Go(Place.APPLICATIONS, self.subject))
