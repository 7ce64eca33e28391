"""The documents are true to the code, and lead to where they say."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import msgspec
import pytest

from tests.house.checkout import DOCUMENTS, ROOT, run, section, tool
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState
from tuiconsole.model.status import ClusterStatus
from tuiconsole.rulebook.rules import (
    ConciliationStrategy,
    Distribution,
    Isolation,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
)
from tuiconsole.rulebook.words import PROGRAM_WORDS, TOML_APPLICATION_WORDS
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.timing import PROFILES, Timing

COMMANDS = ROOT / "docs" / "commands.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"^### `tuiconsole ([a-z|-]+(?: [a-z][a-z-]+(?=[ `]))?)", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])(--?[a-z][a-z-]*)")
GLOBAL = {"-c", "--config", "--node", "--key", "--json"}


def documented() -> list[tuple[str, str]]:
    """(command, its section) as docs/commands.md has them."""
    found = []
    for match in _COMMAND.finditer(COMMANDS.read_text(encoding="utf-8")):
        text = section(COMMANDS, match[0].removeprefix("### "))
        line = COMMANDS.read_text(encoding="utf-8")[match.start() :].partition("\n")[0]
        found += [(name, line + text) for name in match[1].split("|")]
    return found


def help_of(command: str) -> str:
    quiet = {key: value for key, value in os.environ.items() if not key.startswith("TUICONSOLE_")}
    result = run(tool("tuiconsole"), *command.split(), "--help", env=quiet)
    assert result.returncode == 0, f"tuiconsole {command} --help: {result.stderr}"
    return result.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    broken = [
        target
        for target in _LINK.findall(document.read_text(encoding="utf-8"))
        if "://" not in target and not (document.parent / target.partition("#")[0]).exists()
    ]
    assert not broken


def test_sections_that_docstrings_refer_to_are_there() -> None:
    said = re.compile(r"docs/architecture\.md,\s+(?:«([^»]+)»|rule (\d))")
    for file in (ROOT / "tuiconsole").rglob("*.py"):
        for heading, rule in said.findall(file.read_text(encoding="utf-8")):
            if heading:
                section(ARCHITECTURE, heading)
            else:
                assert f"**Rule {rule}." in ARCHITECTURE.read_text(encoding="utf-8"), file


@pytest.mark.parametrize(
    ("command", "text"), documented(), ids=lambda value: str(value).partition("\n")[0][:20]
)
def test_each_documented_command_has_the_options_it_is_said_to_have(command: str, text: str) -> None:
    said = {option for code in re.findall(r"`([^`\n]+)`", text) for option in _OPTION.findall(code)} - GLOBAL
    known = set(_OPTION.findall(help_of(command)))
    if command == "undrain":
        known |= {"--dry-run", "--end", "--timeout"}
    if command in ("start", "stop", "restart"):
        # One section for three: some place, one only stops.
        known |= {"--strategy", "--without-master", "--on", "--yes"}
    assert not said - known, f"tuiconsole {command}"


def test_the_commands_of_the_readme_are_documented() -> None:
    table = section(ROOT / "README.md", "Commands")
    names = set(re.findall(r"^\| `tuiconsole ([a-z-]+)", table, re.MULTILINE))
    assert names == {command.split()[0] for command, _ in documented()} - {
        "stop",
        "restart",
        "enable",
        "undrain",
    }


def test_the_timings_in_the_documents_are_those_in_force() -> None:
    values: dict[str, float] = {}
    for line in section(ARCHITECTURE, "Defaults").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        names = re.findall(r"`([a-z_]+)`", cells[0])
        if names and names[0] in Timing.__struct_fields__:
            values.update(zip(names, map(float, cells[1].split(",")), strict=True))
    assert values == msgspec.structs.asdict(Timing())
    assert PROFILES["fast"] == Timing(node_lease=2.0)


def test_the_cluster_file_of_the_readme_is_one(tmp_path: Path) -> None:
    text = re.search(r"```toml\n(.*?)```", section(ROOT / "README.md", "Set up a cluster"), re.DOTALL)
    assert text
    file = tmp_path / "tuiconsole.toml"
    file.write_text(text[1])
    cluster = load_cluster(file)
    assert not cluster.warnings
    assert [node.name for node in cluster.core_nodes] == ["server_1"]


def test_every_word_of_the_rules_is_documented() -> None:
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    words = {*PROGRAM_WORDS, *TOML_APPLICATION_WORDS}
    for choices in (
        ConciliationStrategy,
        Distribution,
        Isolation,
        RunningFailureStrategy,
        StartingFailureStrategy,
        StartingStrategy,
    ):
        words |= {member.value for member in choices}
    assert not {word for word in words if f"`{word}`" not in text}


def test_every_state_is_explained() -> None:
    text = section(ARCHITECTURE, "Status of an application")
    text += section(COMMANDS, "`status --json`")
    for states in (ApplicationState, ClusterState, NodeState):
        assert not {state.value for state in states if state.value not in text}


def test_the_example_of_the_status_is_a_status_and_shows_every_field() -> None:
    example = re.search(r"```json\n(.*?)```", section(COMMANDS, "`status --json`"), re.DOTALL)
    assert example
    given = msgspec.json.decode(example[1])
    status = msgspec.convert(given, ClusterStatus, strict=True)
    shown = msgspec.to_builtins(status)
    assert given.keys() == shown.keys()
    for name in ("nodes", "applications"):
        assert given[name][0].keys() == shown[name][0].keys()
    assert given["applications"][0]["processes"][0].keys() == shown["applications"][0]["processes"][0].keys()


def test_each_row_of_the_semantics_names_a_test_that_exists() -> None:
    rows = re.findall(
        r"^\| .+ \| `(tests/[\w/]+\.py)`: `(test_\w+)` \|$",
        section(ROOT / "docs" / "rules.md", "The semantics and their tests"),
        re.MULTILINE,
    )
    assert len(rows) > 40
    for file, test in rows:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {test}\(", text, re.MULTILINE), f"{file} has no {test}"


def test_nothing_speaks_of_the_machine_it_was_written_on() -> None:
    private = re.compile(r"(?<![\w.])/(work|root|home)/[A-Za-z]|/tmp/[a-z]*issue|" + re.escape(str(ROOT)))
    suffixes = {".py", ".md", ".toml", ".ini", ".conf", ".xml", ".svg", ".service", ".json", ""}
    folders = (".ci", "benchmarks", "docs", "packaging", "rules", "screenshots", "tests", "tuiconsole")
    # In a linked work tree git's own `.git` is a file that names a folder of this machine.
    files = [file for file in ROOT.iterdir() if file.is_file() and file.name != ".git"]
    files += [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    here = Path(__file__)
    found = []
    for file in files:
        made = {"__pycache__", "state", "keys"} & set(file.relative_to(ROOT).parts)
        if made or file.suffix not in suffixes or file == here or file.name.startswith((".coverage", ".git")):
            continue
        match = private.search(file.read_text(encoding="utf-8", errors="replace"))
        if match:
            found.append(f"{file.relative_to(ROOT)}: {match[0]}")
    assert not found


def test_the_command_has_one_version_everywhere() -> None:
    from importlib.metadata import version

    newest = re.search(
        r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert newest
    assert newest[1] == version("tuiconsole")
    assert sys.version_info >= (3, 10)
