"""Files that were damaged in any way are read or refused; nothing else happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuiconsole.rulebook.rulebook import load_rules
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.source.errors import Complaint, SourceError
from tuiconsole.source.supervisord import read_supervisord

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2"
READERS: dict[str, Callable[[Path], object]] = {
    "rules.toml": lambda file: load_rules([file]),
    "rules.xml": lambda file: load_rules([file]),
    "tuiconsole.toml": load_cluster,
    "etc/supervisord_server.conf": lambda file: read_supervisord(file, {}),
}
PIECES = [
    b"[",
    b"]",
    b"[[",
    b'"',
    b"'",
    b'"""',
    b"=",
    b".",
    b"#",
    b"<",
    b">",
    b"/>",
    b"&",
    b"{",
    b"}",
    b"\\",
    b"\0",
]
PIECES += [
    b"\xff",
    b"\r",
    b"\n",
    b"-1",
    b"1e9",
    b"inf",
    b"true",
    b"1979-05-27",
    b"{a = 1}",
    b"[1, {}]",
    b"<root>",
]


def complaints_of(read: Callable[[Path], object], file: Path) -> tuple[Complaint, ...]:
    try:
        read(file)
    except SourceError as error:
        return error.complaints or pytest.fail("refused without a word")
    return ()


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = (SCENARIO / name).read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.sampled_from([0, 0, 1, 2, 10, 200]))
        content = content[:start] + data.draw(st.sampled_from([b"", *PIECES])) + content[end:]
    file = tmp_path / Path(name).name
    file.write_bytes(content)
    complaints = complaints_of(READERS[name], file)
    assert all(str(complaint).startswith(str(file)) for complaint in complaints)
    assert all(str(complaint).isprintable() for complaint in complaints)
