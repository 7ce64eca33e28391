"""What is shipped, installed and started is whole, and nothing more."""

from __future__ import annotations

import configparser
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, run
from tuiconsole.settings.timing import PROFILES

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "tuiconsole", "rules")
SCENARIO = ROOT / "rules" / "scenario_2"
MADE = {"keys", "state", "__pycache__"}
BASH = shutil.which("bash") or "/bin/bash"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel that is built where a cluster has run."""
    tree = tmp_path_factory.mktemp("tree")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns(*MADE))
        else:
            shutil.copy(source, tree / name)
    for name in (
        "keys/private/server_1.key_secret",
        "state/server_1/voter.record",
        "bin/__pycache__/bus.pyc",
    ):
        planted = tree / "rules" / "scenario_2" / name
        planted.parent.mkdir(parents=True)
        planted.write_text("not to be shipped")
    result = run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--wheel-dir",
        tree / "dist",
        tree,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    (wheel,) = (tree / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_all_of_scenario_2(shipped: list[str]) -> None:
    wanted = {
        f"tuiconsole/rules/scenario_2/{file.relative_to(SCENARIO).as_posix()}"
        for file in SCENARIO.rglob("*")
        if file.is_file() and file.name != ".gitignore" and not MADE & set(file.relative_to(SCENARIO).parts)
    }
    assert len(wanted) > 20
    assert not wanted - set(shipped)


def test_the_wheel_holds_neither_keys_nor_state_nor_caches(shipped: list[str]) -> None:
    assert not [name for name in shipped if MADE & set(name.split("/")) or "secret" in name]


def test_the_wheel_holds_the_package_and_its_licence_and_no_tests(shipped: list[str]) -> None:
    assert "tuiconsole/cli/main.py" in shipped
    assert any(name.endswith("licenses/LICENSE") for name in shipped)
    tops = {name.partition("/")[0] for name in shipped}
    assert {top.partition("-")[0] for top in tops} == {"tuiconsole"}


def test_the_unit_brings_a_killed_agent_back_in_time_and_spares_its_programs() -> None:
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read(ROOT / "packaging" / "tuiconsole-agent@.service")
    service = unit["Service"]
    assert service["Restart"] == "always"
    assert service["KillMode"] == "process"
    assert service["Type"] == "exec"
    assert service["OOMPolicy"] == "continue"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    pause = float(service["RestartSec"].removesuffix("ms")) / 1000
    assert pause <= (PROFILES["fast"].node_lease - 1) / 2
    assert service["ExecStart"].split()[1:] == ["agent", "--node", "%i"]


def script(folder: Path, name: str, body: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder to be the whole PATH: it has what the script calls, and no Python."""
    for name in ("bash", "cat", "head", "rm"):
        (tmp_path / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    return tmp_path


def make_venv(path: Path, python: str = "") -> str:
    result = run(BASH, ROOT / "packaging" / "make-venv", path / "venv", python, env={"PATH": str(path)})
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert not (path / "venv").exists()
    return result.stderr


def test_without_python_the_set_up_names_the_packages(path: Path) -> None:
    assert "apt-get install python3 python3-venv" in make_venv(path)


def test_shims_of_pythons_that_are_not_there_are_passed_over(path: Path) -> None:
    script(path, "python3.14", "echo 'no such version' >&2; exit 127")
    assert "no Python 3.10 or newer" in make_venv(path)


def test_a_python_that_is_too_old_is_passed_over(path: Path) -> None:
    script(path, "python3", "exit 1")
    assert "no Python 3.10 or newer" in make_venv(path)


def test_a_python_without_venv_is_told_with_the_package_to_install(path: Path) -> None:
    script(path, "python3.12", f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"')
    said = make_venv(path)
    assert f"{path}/python3.12 cannot make virtual environments" in said
    assert "apt-get install python3-venv" in said


def test_a_python_that_is_named_and_does_not_run_is_not_replaced_by_another(path: Path) -> None:
    script(path, "python3.12", f'exec {sys.executable} "$@"')
    assert "PYTHON=/nowhere/python3 does not run" in make_venv(path, "/nowhere/python3")
