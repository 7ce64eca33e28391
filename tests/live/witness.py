"""The evidence that Scenario 2's programs leave, read by Scenario 2's own reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from rules.scenario_2.bin import evidence

BIN = Path(__file__).parents[2] / "rules" / "scenario_2" / "bin"


class Stamp(NamedTuple):
    """One line of evidence: `at` is seconds of CLOCK_BOOTTIME."""

    event: str
    namespec: str
    node: str
    pid: int
    at: float
    code: int | None


class Witness:
    """One folder of evidence."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def doubles(self) -> list[str]:
        """One line for each double."""
        return list(evidence.doubles(self.folder))

    def erase(self, pid: int) -> None:
        """Take out all that one process stamped: it was a double that a test planted."""
        for path in self.folder.glob("*.stamps"):
            lines = path.read_text("utf-8").splitlines(keepends=True)
            # In place: who runs has the file open, and appends.
            with path.open("r+") as file:
                file.truncate()
                file.writelines(line for line in lines if json.loads(line)["pid"] != pid)

    def stamps(self, namespec: str = "", since: float = 0.0, event: str = "") -> list[Stamp]:
        """Stamps from `since` on, oldest first; of a program, or of an application (`group:`)."""
        return [
            _stamp(line)
            for line in evidence.stamps(self.folder)
            if line["at"] >= since
            and (not event or line["event"] == event)
            and (line["namespec"] == namespec or not namespec or _of_group(line["namespec"], namespec))
        ]

    def started(self, namespec: str, since: float = 0.0) -> Stamp | None:
        """The last start of a program."""
        found = self.stamps(namespec, since, "start")
        return found[-1] if found else None

    def ended(self, namespec: str, since: float = 0.0) -> Stamp | None:
        """The last end of a program that it stamped itself."""
        found = self.stamps(namespec, since, "end")
        return found[-1] if found else None


def _of_group(namespec: str, group: str) -> bool:
    return group.endswith(":") and namespec.startswith(group)


def _stamp(line: dict[str, Any]) -> Stamp:
    return Stamp(line["event"], line["namespec"], line["node"], line["pid"], line["at"], line.get("code"))
