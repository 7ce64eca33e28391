"""Completion in the shells, and the manual page: both made of the commands' own words."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

import click
import pytest

from tests.client.fake_agent import Town
from tuiconsole.cli.completing import suggestions
from tuiconsole.cli.main import cli, run
from tuiconsole.cli.manual import page
from tuiconsole.cli.shells import SCRIPTS
from tuiconsole.cli.summaries import SUMMARIES
from tuiconsole.cli.summarize import summaries
from tuiconsole.client.oneshot import WITHIN

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def here(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The cluster that is meant when none is named."""
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))
    return town


def words(*typed: str) -> list[str]:
    return [line.split("\t")[1] for line in suggestions(typed[:-1], typed[-1])]


def test_commands_and_options_are_completed_without_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUICONSOLE_CONFIG", "/nowhere/tuiconsole.toml")
    assert words("st") == ["start", "status", "stop"]
    assert "--no-wait" in words("start", "--no")
    assert words("rules", "ch") == ["check"]
    assert words("start", "scen2") == []
    assert words("nonsense", "x") == []


def test_names_of_nodes_applications_and_processes_come_from_the_cluster(here: Town) -> None:
    here.agent("server_1")
    assert words("--node", "con") == ["console_1"]
    assert words("maintenance", "server_1") == ["server_1"]
    assert words("start", "scen2_") == ["scen2_srv_01", "scen2_hci_01"]
    assert words("status", "scen2_s") == ["scen2_srv_01"]
    assert words("logs", "scen2_srv_01:")[0].startswith("scen2_srv_01:")
    assert all(":" in name or name == "scen2_srv_01" for name in words("stop", "scen2_srv"))


def test_files_are_left_to_the_shell() -> None:
    assert suggestions(("rules", "check"), "ru") == ["file\tru\t"]
    assert suggestions(("breed", "-t"), "") == ["dir\t\t"]


def test_agents_that_do_not_answer_cost_no_patience(here: Town) -> None:
    began = time.monotonic()
    assert words("start", "scen2_") == []
    assert time.monotonic() - began < WITHIN, "it waits as a command does"


def test_what_the_scripts_ask_is_answered_a_line_each(here: Town, capsys: Captured) -> None:
    here.agent("server_1")
    assert run(["completion", "zsh", "--", "--node", "server_1"]) == 0
    assert capsys.readouterr().out.startswith("plain\tserver_1\t127.0.0.1\n")
    assert run(["completion", "zsh", "--"]) == 0
    assert "plain\tstatus\t" in capsys.readouterr().out


@pytest.mark.parametrize("shell", SCRIPTS)
def test_each_script_is_printed_and_its_shell_can_read_it(shell: str, capsys: Captured) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert script == SCRIPTS[shell]
    found = shutil.which(shell)
    if found:
        subprocess.run([found, "-n"], input=script, text=True, check=True)


_ASK = """
source <("{python}" -m tuiconsole completion bash)
tuiconsole() {{ "{python}" -m tuiconsole "$@"; }}
COMP_LINE='tuiconsole {typed}' COMP_POINT=$((${{#COMP_LINE}}))
COMP_POINT=${{#COMP_LINE}}
_tuiconsole tuiconsole
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("stat", ["status"]),
        ("logs scen2_srv_01:", ["bus"]),
        ("--node=con", ["console_1"]),
    ],
)
def test_bash_completes_namespecs_behind_their_colon(here: Town, typed: str, found: list[str]) -> None:
    here.agent("server_1")
    script = _ASK.format(python=sys.executable, typed=typed)
    result = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.split() == found, result.stderr


def test_the_manual_page_names_every_command_and_every_option() -> None:
    text = page(cli, "1.0").replace(r"\-", "-")
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert f"\n.SS tuiconsole {name}" in text
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.expose_value and not parameter.hidden:
                assert parameter.opts[0] in text, f"{name} {parameter.opts}"


@pytest.mark.groff
def test_the_manual_page_is_clean_roff(capfd: Captured) -> None:
    assert run(["man"]) == 0
    text = capfd.readouterr().out
    result = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8"], input=text, capture_output=True, text=True, check=True
    )
    assert result.stderr == ""
    assert "TUICONSOLE(1)" in result.stdout


def test_the_help_says_what_the_commands_say() -> None:
    assert summaries() == SUMMARIES, "run `python -m tuiconsole.cli.summarize`"


def test_help_imports_neither_sockets_nor_messages_nor_the_commands(capsys: Captured) -> None:
    code = (
        "import sys; from tuiconsole.cli.main import run; run(['--help']); "
        "print(sorted(name for name in sys.modules if name.startswith('tuiconsole.cli.commands.') "
        "or name in ('zmq', 'msgspec', 'hashlib', 'textual', 'rich', 'asyncio')), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr == "[]\n"
