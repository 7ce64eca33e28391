"""What this console has asked for: what goes on, and how it ended. Values only; `Feed` does the asking."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tuiconsole.client.session import Action, Outcome, Progress, Verdict
from tuiconsole.model.events import Event, Severity

KEPT = 50
"""Ended requests that are remembered, so that the details of an application can tell what became of them."""

_SEVERITY = {
    Verdict.DONE: Severity.INFO,
    Verdict.REFUSED: Severity.MINOR,
    Verdict.UNKNOWN: Severity.MINOR,
    Verdict.FAILED: Severity.MAJOR,
    Verdict.NO_ANSWER: Severity.MAJOR,
}

_VERDICT_WORDS = {
    Verdict.DONE: "done",
    Verdict.REFUSED: "refused",
    Verdict.FAILED: "failed",
    Verdict.UNKNOWN: "outcome unknown",
    Verdict.NO_ANSWER: "not carried out",
}


class Wish(msgspec.Struct, frozen=True):
    """What the operator wants of the cluster, confirmed where that was due."""

    action: Action
    targets: tuple[str, ...]
    strategy: str | None = None
    origin: str = ""
    """The node on whose behalf; empty: this console's."""
    keep: str = ""
    """Of a conciliation: the node whose instance stays."""
    reason: str = ""
    """Why, in the operator's words."""
    seconds: float = 0.0
    """For how long an alarm is shelved, or a maintenance lasts; 0 ends that."""
    arguments: tuple[str, ...] = ()
    """Of a start of one process: what is added to its command."""
    number: int = 0
    """Of a scale: how many processes the program has."""
    without_master: bool = False
    """Of a stop: if there is no master, stop it on the nodes that are reached."""


class Request(msgspec.Struct, frozen=True):
    """One target of one request."""

    number: int
    """Counts the console's requests from 1; all targets of one request share it."""
    action: Action
    target: str
    text: str = "asked"
    """Its last step, in words; at its end the reason or the result."""
    step: int = 0
    steps: int = 0
    verdict: Verdict | None = None
    """How it ended; None while it goes on."""
    seen: bool = False
    """The operator has dismissed its outcome."""

    @property
    def severity(self) -> Severity:
        """How much its end matters."""
        return Severity.INFO if self.verdict is None else _SEVERITY[self.verdict]

    @property
    def sentence(self) -> str:
        """The request and where it stands, in one sentence."""
        what = f"{self.action.value} {self.target}"
        if self.verdict is None:
            step = f" {self.step}/{self.steps}" if self.steps else ""
            return f"{what}{step}: {self.text}"
        if self.verdict is Verdict.DONE:
            return f"{self.target} {self.text}"
        return f"{what} {self.verdict_words}: {self.text}"

    @property
    def verdict_words(self) -> str:
        """How it ended, in a word or two; empty while it goes on."""
        return "" if self.verdict is None else _VERDICT_WORDS[self.verdict]


class RequestBook(msgspec.Struct, frozen=True):
    """All requests of this console, oldest first."""

    entries: tuple[Request, ...] = ()

    @property
    def running(self) -> tuple[Request, ...]:
        """Those that go on."""
        return tuple(entry for entry in self.entries if entry.verdict is None)

    @property
    def last_unseen(self) -> Request | None:
        """The latest end that the operator has not dismissed."""
        return next((e for e in reversed(self.entries) if e.verdict is not None and not e.seen), None)

    def last_of(self, target: str) -> Request | None:
        """The latest request about a target."""
        return next((entry for entry in reversed(self.entries) if entry.target == target), None)

    def going_on(self, action: Action, target: str) -> Request | None:
        """The same request, if it was asked already and has not ended."""
        return next((e for e in self.running if e.action is action and e.target == target), None)

    def begun(self, action: Action, targets: Sequence[str]) -> tuple[RequestBook, int]:
        """This book with a new request, and its number. Ends that were on show make way for it."""
        number = self.entries[-1].number + 1 if self.entries else 1
        ended = [entry for entry in self.dismissed().entries if entry.verdict is not None][-KEPT:]
        new = (Request(number, action, target) for target in targets)
        return RequestBook((*ended, *self.running, *new)), number

    def progressed(self, number: int, progress: Progress) -> RequestBook:
        """This book after a step of a request."""
        return self._changed(
            number, progress.target, text=progress.text, step=progress.step, steps=progress.steps
        )

    def ended(self, number: int, outcome: Outcome) -> RequestBook:
        """This book after the end of one target."""
        return self._changed(number, outcome.target, text=outcome.text, verdict=outcome.verdict)

    def broken_off(self, number: int, text: str) -> RequestBook:
        """This book after a request gave no outcome for some of its targets: theirs is unknown."""
        book = self
        for entry in self.running:
            if entry.number == number:
                book = book.ended(number, Outcome(entry.target, Verdict.UNKNOWN, text))
        return book

    def dismissed(self) -> RequestBook:
        """This book with all ends seen."""
        return RequestBook(
            tuple(
                msgspec.structs.replace(entry, seen=True) if entry.verdict is not None else entry
                for entry in self.entries
            )
        )

    def _changed(self, number: int, target: str, **fields: object) -> RequestBook:
        return RequestBook(
            tuple(
                msgspec.structs.replace(entry, **fields)
                if entry.number == number and entry.target == target
                else entry
                for entry in self.entries
            )
        )


def outcome_event(request: Request, *, node: str, at: str) -> Event:
    """The line of the event log about a request's end. `at` is UTC, ISO 8601."""
    return Event(
        at=at,
        node=node,
        kind="request",
        subject=request.target,
        text=request.sentence,
        severity=request.severity,
        id=f"console/request/{request.number}/{request.target}",
    )
