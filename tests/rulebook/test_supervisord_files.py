"""supervisord's files are read as supervisord reads them, also those of another machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from tuiconsole.source.errors import SourceError
from tuiconsole.source.supervisord import read_supervisord

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2" / "etc"
TRICKY = """
[supervisord]
nodaemon = true      ; a comment
[include]
files = conf.d/*.ini more.ini
[group:pair]
programs = one, many
[program:one]
command = /bin/cat
[program:many]
command = /bin/cat
process_name = %(group_name)s_%(program_name)s_%(process_num)02d
numprocs = 3
numprocs_start = 7
autorestart = true
[program:alone]
command = /bin/cat
process_name = %(program_name)s-%(ENV_SUFFIX)s
[eventlistener:listens]
command = /bin/cat
events = TICK_5
"""


def names(file: Path, environment: dict[str, str]) -> dict[str, list[str]]:
    configured = read_supervisord(file, environment)
    assert configured.complaints == ()
    return {name: list(group.processes) for name, group in configured.groups.items()}


def as_supervisord_reads(
    file: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[str]]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    options = ServerOptions()
    options.realize(["-c", str(file)], doc="")
    return {
        group.name: [each.name for each in group.process_configs] for group in options.process_group_configs
    }


@pytest.mark.parametrize("kind", ["server", "console"])
def test_scenario_2_is_read_as_supervisord_reads_it(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = SCENARIO / f"supervisord_{kind}.conf"
    environment = {
        "TUICONSOLE_NODE": f"{kind}_1",
        "TUICONSOLE_HOST": "127.0.0.1",
        "TUICONSOLE_STATE": str(tmp_path),
        "TUICONSOLE_PYTHON": "/usr/bin/python3",
    }
    assert names(file, environment) == as_supervisord_reads(file, environment, monkeypatch)


def test_expansions_includes_and_numprocs_are_those_of_supervisord(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.ini").write_text("[program:included]\ncommand=/bin/cat\n")
    (tmp_path / "conf.d" / "folder.ini").mkdir()
    (tmp_path / "more.ini").write_text("[fcgi-program:fast]\ncommand=/bin/cat\nsocket=tcp://localhost:9002\n")
    file = tmp_path / "supervisord.conf"
    file.write_text(TRICKY)
    environment = {"SUFFIX": "x"}
    read = names(file, environment)
    assert read == as_supervisord_reads(file, environment, monkeypatch)
    assert read["pair"] == ["one", "pair_many_07", "pair_many_08", "pair_many_09"]
    assert read["alone"] == ["alone-x"]


def test_places_and_restarts_are_told(tmp_path: Path) -> None:
    file = tmp_path / "supervisord.conf"
    file.write_text(TRICKY.replace("files = conf.d/*.ini more.ini", "files ="))
    groups = read_supervisord(file, {"SUFFIX": ""}).groups
    assert groups["pair"].where.line == 6
    assert groups["pair"].processes["pair_many_08"].where.line == 10
    assert [process.autorestart for process in groups["pair"].processes.values()] == [False, True, True, True]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[program:p]\nprocess_name=%(ENV_NOWHERE)s\n",
            ":1: warning: process_name = '%(ENV_NOWHERE)s' of [program:p]",
        ),
        ("[program:p]\nnumprocs=%(ENV_NOWHERE)s\n", "numprocs = '%(ENV_NOWHERE)s' of [program:p]"),
        ("[program:p]\nnumprocs=99999999\n", "numprocs = '99999999' of [program:p] is not known here"),
        ("[program:p]\nprocess_name=%(here)99999999s\n", "cannot be expanded here: too wide"),
        ("[group:g]\nprograms=p\n", ":1: warning: [group:g] names the program 'p', which has no section"),
        ("[include]\nfiles=nothing*.ini\n", "[include] names 'nothing*.ini', which matches no file"),
        ("[include]\nfiles=no\0thing*.ini\n", "[include] names 'no\\x00thing*.ini', which matches no file"),
    ],
)
def test_what_cannot_be_known_here_is_a_warning(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "supervisord.conf"
    file.write_text(text)
    told = [str(warning) for warning in read_supervisord(file, {}).complaints]
    assert any(complaint in line for line in told), told


@pytest.mark.parametrize("text", ["no section\n", "[a]\n=\n", "[\n"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "supervisord.conf"
    file.write_text(text)
    with pytest.raises(SourceError) as caught:
        read_supervisord(file, {})
    assert "no supervisord configuration" in str(caught.value)
