"""The ledger while it is being changed: knows whether it differs from what was stored last."""

from __future__ import annotations

import msgspec

from tuiconsole.model.alarms import AlarmRecord
from tuiconsole.model.ledger import (
    OUTCOMES_KEPT,
    Cleared,
    Drained,
    Ending,
    Failure,
    FailureKind,
    Grant,
    JobRecord,
    Ledger,
    Maintenance,
    RequestRecord,
    Restarts,
    Wish,
)
from tuiconsole.model.process import Token
from tuiconsole.model.requests import Outcome


class LedgerDraft:
    """A working copy. `commit` gives the value to store, or None if nothing has changed."""

    def __init__(self, ledger: Ledger) -> None:
        self._stored = ledger
        self.next_token = ledger.next_token
        self.grants: dict[str, Grant] = dict(ledger.grants)
        self.wishes: dict[str, Wish] = dict(ledger.wishes)
        self.jobs: dict[str, JobRecord] = dict(ledger.jobs)
        self.requests: dict[str, RequestRecord] = {record.id: record for record in ledger.requests}
        self.failures: dict[str, Failure] = dict(ledger.failures)
        self.cleared: dict[str, tuple[Cleared, ...]] = dict(ledger.cleared)
        self.epochs: dict[str, int] = dict(ledger.epochs)
        self.alarms: dict[str, AlarmRecord] = dict(ledger.alarms)
        self.disabled: dict[str, str] = dict(ledger.disabled)
        self.maintenance: dict[str, Maintenance] = dict(ledger.maintenance)
        self.drained: dict[str, Drained] = dict(ledger.drained)
        self.arguments: dict[str, tuple[str, ...]] = dict(ledger.arguments)
        self.scales: dict[str, int] = dict(ledger.scales)
        self.restarts: dict[str, Restarts] = dict(ledger.restarts)
        self.ending: Ending | None = ledger.ending
        self.members: dict[str, str] = dict(ledger.members)
        self.system_restarts: tuple[float, ...] = ledger.system_restarts

    def token(self, term: int) -> Token:
        """The next token; greater than any given before, in this term or an earlier one."""
        number = self.next_token
        self.next_token += 1
        return term, number

    def fail(self, namespec: str, kind: FailureKind, reason: str, since: str) -> bool:
        """Note what became of the last start; True if that is news."""
        old = self.failures.get(namespec)
        if old is not None and (old.kind, old.reason) == (kind, reason):
            return False
        # What a person has cleared comes back only with another reason.
        self.failures[namespec] = Failure(kind, reason, since)
        return True

    def close(self, request: str, outcome: Outcome) -> bool:
        """Note the outcome of one target; False if it has one already or the request is not known."""
        record = self.requests.get(request)
        if record is None or any(known.target == outcome.target for known in record.outcomes):
            return False
        self.requests[request] = msgspec.structs.replace(record, outcomes=(*record.outcomes, outcome))
        return True

    @property
    def stored(self) -> Ledger:
        """The ledger as of the last commit."""
        return self._stored

    def commit(self) -> Ledger | None:
        """The changed ledger, or None."""
        ended = [record.id for record in self.requests.values() if not record.open]
        for request in ended[: max(0, len(ended) - OUTCOMES_KEPT)]:
            del self.requests[request]
        stored = self._stored
        ledger = Ledger(
            next_token=self.next_token,
            grants=dict(self.grants),
            wishes=dict(self.wishes),
            jobs=dict(self.jobs),
            requests=tuple(self.requests.values()),
            failures=dict(self.failures),
            cleared=dict(self.cleared),
            epochs=dict(self.epochs),
            alarms=dict(self.alarms),
            disabled=dict(self.disabled),
            maintenance=dict(self.maintenance),
            drained=dict(self.drained),
            arguments=dict(self.arguments),
            scales=dict(self.scales),
            restarts=dict(self.restarts),
            ending=self.ending,
            members=dict(self.members),
            system_restarts=self.system_restarts,
        )
        if ledger == stored:
            return None
        self._stored = ledger
        return ledger
