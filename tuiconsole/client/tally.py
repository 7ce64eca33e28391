"""Keeps the promise of a request: one outcome for each target, whatever the agent sends or leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuiconsole.model.requests import Outcome, Progress, Verdict
from tuiconsole.wire.replies import Acted, Failed, ReplyBody

_VERDICTS = {
    "usage": Verdict.REFUSED,
    "refused": Verdict.REFUSED,
    "no_answer": Verdict.NO_ANSWER,
}


class Tally:
    """The open targets of one request."""

    def __init__(self, targets: Sequence[str]) -> None:
        self._open = dict.fromkeys(targets)
        self.failure: Failed | None = None
        """Why the request as a whole was turned away."""

    @property
    def complete(self) -> bool:
        """True once each target has its outcome."""
        return not self._open

    def take(self, body: ReplyBody, *, last: bool) -> Iterator[Progress | Outcome]:
        """What a reply tells; a last one ends what it left open."""
        if isinstance(body, Acted):
            if isinstance(body.body, Progress):
                yield body.body
            elif body.body.target in self._open:
                del self._open[body.body.target]
                yield body.body
        elif isinstance(body, Failed):
            self.failure = body
            yield from self.end(_VERDICTS.get(body.code, Verdict.FAILED), body.reason)
        if last:
            yield from self.end(Verdict.UNKNOWN, "the agent named no outcome; look at the status")

    def end(self, verdict: Verdict, text: str) -> Iterator[Outcome]:
        """The same outcome for all that are open."""
        ended, self._open = self._open, {}
        for target in ended:
            yield Outcome(target, verdict, text)
