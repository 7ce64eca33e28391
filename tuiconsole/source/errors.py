"""What is said about a file that a person wrote: where it is wrong, what was expected, what to do.

Every command loads this, `--help` too: named tuples spare it the import of msgspec, and paths are only named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Location(NamedTuple):
    """A place in a file. `line` and `column` count from 1; 0 means not known."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        text = self.file
        if self.line:
            text += f":{self.line}"
            if self.column:
                text += f":{self.column}"
        return text


class Complaint(NamedTuple):
    """One remark about a file."""

    where: Location
    what: str
    remedy: str = ""
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.warning else ""
        tail = f"; {self.remedy}" if self.remedy else ""
        return one_line(f"{self.where}: {kind}{self.what}{tail}")


def one_line(text: str) -> str:
    """`text` with control characters written out: it may quote a file, and goes to a terminal."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "backslashreplace").decode()
        for letter in text
    )


class SourceError(Exception):
    """A file cannot be used. `str()` is one line for each complaint: file:line: what; remedy."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__("\n".join(str(complaint) for complaint in complaints))
        self.complaints = complaints

    @classmethod
    def at(cls, file: Path | str, line: int, what: str, remedy: str = "") -> SourceError:
        """The error for one place."""
        return cls(Complaint(Location(str(file), line), what, remedy))

    @classmethod
    def of(cls, where: Location, what: str, remedy: str = "") -> SourceError:
        """The error for one place that is known to the column."""
        return cls(Complaint(where, what, remedy))


MOST_COMPLAINTS = 100
"""About one file, before its reading ends: what is wrong that often is no rules file."""


def raise_if_too_many(complaints: Sequence[Complaint]) -> None:
    """Raise SourceError if the last one is an error and there are MOST_COMPLAINTS of that sort."""
    if complaints[-1].warning or len(complaints) < MOST_COMPLAINTS:
        return
    if sum(not complaint.warning for complaint in complaints) >= MOST_COMPLAINTS:
        last = complaints[-1].where
        remedy = "mend these first, or check what file it is"
        raise SourceError(*complaints, Complaint(last, "too much is wrong; the rest is not read", remedy))
