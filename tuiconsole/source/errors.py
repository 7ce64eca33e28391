"""What is said about a file that a person wrote: where it is wrong, what was expected, what to do."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Location(msgspec.Struct, frozen=True):
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


class Complaint(msgspec.Struct, frozen=True):
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
