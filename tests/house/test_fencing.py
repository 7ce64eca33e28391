"""The example of docs/fencing.md, as a reader copies it: a stale writer is refused, also after a restart."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, section

DOCUMENT = ROOT / "docs" / "fencing.md"


class Resource:
    """The example in a file; each write is a new process, so each is a restart of all that it remembers."""

    def __init__(self, folder: Path) -> None:
        example = re.search(r"```python\n(.*?)```", section(DOCUMENT, "Example"), re.DOTALL)
        assert example
        self.program = folder / "set_point.py"
        self.program.write_text(example[1])
        self.file = folder / "set_point.json"

    def write(self, value: float, token: str | None) -> subprocess.CompletedProcess[str]:
        environment = {name: text for name, text in os.environ.items() if name != "TUICONSOLE_TOKEN"}
        if token is not None:
            environment["TUICONSOLE_TOKEN"] = token
        return subprocess.run(
            [sys.executable, str(self.program), str(self.file), str(value)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=30,
            check=False,
        )

    def holds(self) -> tuple[float, str]:
        known = json.loads(self.file.read_text())
        return known["value"], known["token"]


@pytest.fixture
def resource(tmp_path: Path) -> Resource:
    return Resource(tmp_path)


@pytest.mark.parametrize(("newer", "older"), [("3-17", "3-9"), ("10-1", "9-40"), ("4-1", "3-17")])
def test_a_writer_with_an_older_token_is_refused_and_changes_nothing(
    resource: Resource, newer: str, older: str
) -> None:
    assert resource.write(1.0, older).returncode == 0
    assert resource.write(2.0, newer).returncode == 0
    refused = resource.write(3.0, older)
    assert (refused.returncode, refused.stderr) == (
        1,
        f"token {older} is stale: {newer} has written already\n",
    )
    assert resource.holds() == (2.0, newer)


def test_processes_of_one_grant_may_all_write_and_who_has_no_grant_may_not(resource: Resource) -> None:
    assert resource.write(1.0, "3-17").returncode == 0
    assert resource.write(2.0, "3-17").returncode == 0
    refused = resource.write(3.0, None)
    assert (refused.returncode, "under no grant" in refused.stderr) == (1, True)
    assert resource.holds() == (2.0, "3-17")


def test_a_writer_that_died_halfway_leaves_the_old_value_with_its_token(resource: Resource) -> None:
    assert resource.write(1.0, "3-17").returncode == 0
    resource.file.with_name(resource.file.name + ".new").write_text('{"val')
    assert resource.write(2.0, "3-16").returncode == 1
    assert resource.holds() == (1.0, "3-17")
    assert resource.write(2.0, "3-18").returncode == 0
    assert resource.holds() == (2.0, "3-18")


def test_of_many_writers_at_once_the_newest_token_stays(resource: Resource) -> None:
    writers = [
        threading.Thread(target=resource.write, args=(float(number), f"1-{number}"))
        for number in (7, 3, 12, 9, 1, 11)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert resource.holds() == (12.0, "1-12")
