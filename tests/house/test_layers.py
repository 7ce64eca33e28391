"""What each part may know holds: by contract, and where a contract cannot say it, by looking."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.house.checkout import PACKAGE, run, tool

IN_SUPERVISORD = [
    *sorted((PACKAGE / "supervision" / "plugin").glob("*.py")),
    *(
        PACKAGE / "supervision" / name
        for name in (
            "deadline.py",
            "deadline_file.py",
            "descendants.py",
            "last_resort.py",
            "shim.py",
            "spared.py",
            "subreaper.py",
            "supervisord.py",
        )
    ),
]
GIVEN_THE_TIME = [
    file
    for part in ("source", "model", "rulebook", "planning", "coordination/paxos", "coordination/leases")
    for file in sorted((PACKAGE / part).rglob("*.py"))
] + [PACKAGE / "coordination" / name for name in ("founding.py", "pace.py")]


def imported(file: Path) -> list[tuple[str, str]]:
    """(module, name) of each import, wherever it stands."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


def test_every_contract_of_the_layers_is_kept() -> None:
    result = run(tool("lint-imports"), "--no-cache", "--no-logo")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("file", IN_SUPERVISORD, ids=lambda file: file.stem)
def test_what_runs_in_supervisord_imports_the_standard_library_and_supervisor_only(file: Path) -> None:
    by_path = {"deadline_file", "descendants", "last_resort", "spared", "subreaper"}
    allowed = {*sys.stdlib_module_names, "supervisor", *by_path}
    own = (
        "tuiconsole.clock",
        "tuiconsole.openssl",
        "tuiconsole.supervision.plugin",
        "tuiconsole.supervision.deadline",
        "tuiconsole.supervision.descendants",
        "tuiconsole.supervision.last_resort",
        "tuiconsole.supervision.spared",
    )
    strangers = [
        f"{module}.{name}"
        for module, name in imported(file)
        if module.partition(".")[0] not in allowed and not f"{module}.{name}".startswith(own)
    ]
    assert not strangers


@pytest.mark.parametrize("file", GIVEN_THE_TIME, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_what_decides_is_given_the_time_and_reads_no_clock(file: Path) -> None:
    names = imported(file)
    assert ("tuiconsole.clock", "boottime") not in names
    assert not {"time", "tuiconsole.clock.boottime"} & {module for module, _ in names}


def test_the_command_line_loads_nothing_that_help_does_not_need() -> None:
    heavy = {"textual", "asyncio", "lxml", "msgspec", "zmq", "pathlib"}
    probe = (
        "import sys; was = set(sys.modules); import tuiconsole.__main__, tuiconsole.cli.main;"
        f"print(*sorted({heavy!r} & set(sys.modules) - was))"
    )
    result = run(sys.executable, "-c", probe)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == ""
