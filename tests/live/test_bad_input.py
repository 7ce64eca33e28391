"""Files and places that cannot be used: one line with file, line and remedy, the exit code of the design."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuiconsole.wire.keys import make_keys

from .cluster import COMMAND, CONSOLES, SERVERS
from .witness import BIN

SCENARIO = BIN.parent
HOST = "127.0.0.31"
"""Of these tests alone, so that a cluster may run beside them."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with all that an agent of one server needs."""
    folder = tmp_path / "site"
    shutil.copytree(SCENARIO, folder, ignore=shutil.ignore_patterns("keys", "state", "__pycache__"))
    file = folder / "tuiconsole.toml"
    file.write_text(file.read_text().replace("127.0.0.11", HOST))
    make_keys(folder / "keys", [*SERVERS, *CONSOLES], ["operator"])
    return folder


def type_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, as a person types it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TUICONSOLE_")}
    return subprocess.run(
        [COMMAND, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=20, check=False
    )


def complaint(answer: subprocess.CompletedProcess[str], code: int = 1) -> str:
    """The one line of the complaint, once its form is checked."""
    assert answer.returncode == code, answer
    assert answer.stdout == ""
    lines = [line for line in answer.stderr.splitlines() if "warning" not in line]
    assert len(lines) == 1, answer.stderr
    assert "Traceback" not in answer.stderr
    return lines[0]


def line_of(file: Path, text: str) -> int:
    """Where a text stands, counted from 1."""
    lines = file.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def mended(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('guard = "deny"', 'gard = "deny"', ("gard", "guard")),
        (
            '[nodes.console_1]\nkind = "console"\nhost = "127.0.0.31"\nport = 61110',
            '[nodes.console_1]\nkind = "console"\nhost = "127.0.0.31"\nport = 61101  # taken',
            ("console_1", "server_1", "61101"),
        ),
        ('kind = "server"', 'kind = "servant"', ("servant", "server")),
    ],
    ids=["unknown key", "overlapping ports", "unknown kind"],
)
def test_a_wrong_cluster_file_is_refused_at_its_line(
    site: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    file = site / "tuiconsole.toml"
    mended(file, old, new)
    line = line_of(file, new.splitlines()[-1])
    for command in (("agent", "--node", "server_1"), ("status",)):
        told = complaint(type_in(site, *command))
        assert re.search(rf"tuiconsole\.toml:{line}\b", told), told
        assert "; " in told, "a remedy"
        assert all(word in told for word in words), told


def test_a_node_that_is_not_in_the_cluster_file_is_wrong_usage(site: Path) -> None:
    for command in (("agent", "--node", "server_9"), ("status", "--node", "server_9")):
        told = complaint(type_in(site, *command), 2)
        assert "server_9" in told
        assert "did you mean server_" in told, told


def test_no_cluster_file_at_all_tells_how_to_name_one(tmp_path: Path) -> None:
    told = complaint(type_in(tmp_path, "status"))
    assert "tuiconsole.toml" in told
    assert "-c" in told


CIRCLE = """<root>
<model name="a"><reference>b</reference></model>
<model name="b"><reference>a</reference></model>
</root>
"""
DTD = """<?xml version="1.0"?>
<!DOCTYPE root [<!ENTITY x "y">]>
<root><application name="&x;"/></root>
"""
MODEL = """format = 1
[[applications]]
name = "scen2_srv_01"
[[applications.programs]]
name = "scen2_config_manager"
reference = "nowhere"
"""
STRATEGY = """format = 1
[[applications]]
name = "scen2_srv_01"
starting_strategy = "LES_LOADED"
"""


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("wrong.toml", STRATEGY, 4, ("LES_LOADED", "LESS_LOADED")),
        ("wrong.toml", MODEL, 6, ("nowhere",)),
        ("wrong.xml", CIRCLE, 3, ("a → b → a",)),
        ("wrong.xml", DTD, 2, ("DTD",)),
    ],
    ids=["unknown strategy", "missing model", "circular reference", "DTD"],
)
def test_wrong_rules_are_refused_at_their_line(
    site: Path, name: str, text: str, line: int, words: tuple[str, ...]
) -> None:
    (site / name).write_text(text)
    mended(site / "tuiconsole.toml", '["rules.toml"]', f'["{name}"]')
    for command in (("rules", "check", name), ("agent", "--node", "server_1")):
        told = complaint(type_in(site, *command))
        assert re.search(rf"{re.escape(name)}:{line}\b", told), told
        assert "; " in told, "a remedy"
        assert all(word in told for word in words), told


def test_good_rules_are_found_good_in_both_forms(site: Path) -> None:
    answer = type_in(site, "rules", "check", "rules.toml", "rules.xml")
    assert (answer.returncode, "Traceback" in answer.stderr) == (0, False), answer


@pytest.fixture(params=[61100, 61101], ids=["PUB", "ROUTER"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port of the node that another program holds."""
    with socket.socket() as listener:
        listener.bind((HOST, request.param))
        listener.listen(1)
        yield request.param


def test_a_port_in_use_is_told_with_its_address(site: Path, taken: int) -> None:
    told = complaint(type_in(site, "agent", "--node", "server_1"))
    assert f"{HOST}:{taken}" in told
    assert "in use" in told
    assert "; " in told, "a remedy"
    assert not list((site / "state").glob("*/supervisord.pid")), "nothing was started"


def test_a_missing_supervisord_conf_is_told_at_the_line_that_names_it(site: Path) -> None:
    (site / "etc" / "supervisord_server.conf").unlink()
    line = line_of(site / "tuiconsole.toml", "supervisord_server.conf")
    told = complaint(type_in(site, "agent", "--node", "server_1"))
    assert f"tuiconsole.toml:{line}" in told
    assert "supervisord_server.conf" in told
    assert "; " in told, "a remedy"


def test_a_cluster_that_is_not_there_is_no_answer(site: Path) -> None:
    answer = type_in(site, "status", "--node", "server_1")
    assert "server_1" in complaint(answer, 3)
    started = type_in(site, "start", "scen2_hci_01", "--node", "console_1", "--timeout", "2")
    assert complaint(started, 3)
    assert type_in(site, "status", "--check", "--node", "server_1").returncode == 3


def test_a_wrong_option_is_wrong_usage(site: Path) -> None:
    for words in (("status", "--jsn"), ("starrt", "scen2_hci_01"), ("start",)):
        answer = type_in(site, *words)
        assert answer.returncode == 2, answer
        assert answer.stdout == ""
        assert "Traceback" not in answer.stderr
