"""A site that runs Supvisors gets a cluster file that can be read, and is told what it should look at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tuiconsole.cli.main import run
from tuiconsole.rulebook.rules import ConciliationStrategy, StartingStrategy
from tuiconsole.settings.cluster import Cluster
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.supvisors import Imported, import_supvisors
from tuiconsole.source.errors import SourceError

CONF = """
[supervisord]
logfile = ./log/supervisord.log
[include]
files = programs.ini
[rpcinterface:supvisors]
supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface
{}
[ctlplugin:supvisors]
supervisor.ctl_factory = supvisors.supvisorsctl:make_supvisors_controller_plugin
"""
WHOLE = """software_name = The Site
supvisors_list = one,<two>192.0.2.2,three:60000:60001,192.0.2.4, three:60010
rules_files = %(here)s/rules*.xml
stereotypes = @SERVER
auto_fence = true
event_link = WS
synchro_options = STRICT,TIMEOUT,CORE
synchro_timeout = 20
core_identifiers = one,two,three:60000
starting_strategy = LESS_LOADED
conciliation_strategy = SENICIDE
disabilities_file = /var/disabled.json
stats_periods = 5,60
shoe_size = 43"""


def imported(folder: Path, *options: str) -> tuple[Imported, Cluster]:
    """What is made of one supervisord.conf for each, and the cluster as it is then read."""
    (folder / "programs.ini").write_text("[program:p]\ncommand = x\n")
    (folder / "rules.xml").write_text("<root/>")
    files = []
    for number, text in enumerate(options, 1):
        file = folder / f"supervisord_{number}.conf"
        file.write_text(CONF.format(text))
        files.append(str(file))
    result = import_supvisors(files, {})
    (folder / "tuiconsole.toml").write_text(result.text)
    return result, load_cluster(folder / "tuiconsole.toml")


def test_all_that_supvisors_says_of_a_site_is_taken_over(tmp_path: Path) -> None:
    _, cluster = imported(tmp_path, WHOLE)
    assert cluster.name == "The_Site"
    assert cluster.rules == (str(tmp_path / "rules*.xml"),)
    assert cluster.starting is StartingStrategy.LESS_LOADED
    assert cluster.conciliation is ConciliationStrategy.SENICIDE
    nodes = [(node.name, node.host, node.port, node.core) for node in cluster.nodes.values()]
    assert nodes == [
        ("one", "one", 61100, True),
        ("two", "192.0.2.2", 61100, True),
        ("three_60000", "three", 61100, True),
        ("node_192.0.2.4", "192.0.2.4", 61100, False),
        ("three_60010", "three", 61110, False),
    ]
    assert {node.tags for node in cluster.nodes.values()} == {("@SERVER",)}
    assert {node.supervisord for node in cluster.nodes.values()} == {tmp_path / "supervisord_1.conf"}


def test_each_line_says_what_it_was_taken_from_and_nothing_is_passed_over(tmp_path: Path) -> None:
    result, _ = imported(tmp_path, WHOLE)
    for option in re.findall(r"^(\w+) =", WHOLE, re.MULTILINE):
        assert option in result.text, f"{option} is neither taken nor told of"
    assert "# auto_fence = true: a node that is lost is fenced by its lease" in result.text
    told = [str(warning) for warning in result.warnings]
    assert [line for line in told if "the option shoe_size is not known" in line]
    assert [line for line in told if "'192.0.2.4' is called 'node_192.0.2.4'" in line]
    assert all(f"{tmp_path}/supervisord_1.conf:6: warning: " in line for line in told)


def test_synchronization_is_taken_over(tmp_path: Path) -> None:
    _, cluster = imported(tmp_path, WHOLE)
    assert [option.value for option in cluster.synchronization.options] == ["STRICT", "TIMEOUT", "CORE"]
    assert cluster.synchronization.timeout == 20
    assert cluster.synchronization.core == ("one", "two", "three_60000")


def test_a_site_that_says_nothing_gets_a_cluster_of_this_machine(tmp_path: Path) -> None:
    result, cluster = imported(tmp_path, "")
    (node,) = cluster.nodes.values()
    assert node.core
    assert [str(warning) for warning in result.warnings if "only this machine is known" in warning.what]


def test_without_core_identifiers_three_nodes_are_core(tmp_path: Path) -> None:
    result, cluster = imported(tmp_path, "supvisors_list = a,b,c,d")
    assert [node.name for node in cluster.core_nodes] == ["a", "b", "c"]
    assert "core = true  # chosen: it is not set there" in result.text


def test_names_that_would_be_the_same_are_kept_apart(tmp_path: Path) -> None:
    _, cluster = imported(tmp_path, "supvisors_list = a:1,<a_1>b")
    assert [(node.name, node.host) for node in cluster.nodes.values()] == [("a_1", "a"), ("a_1_", "b")]


def test_a_kind_without_stereotypes_is_called_as_its_file_and_guessed_for_its_nodes(tmp_path: Path) -> None:
    shared = CONF.format("supvisors_list = <server_1>h,<console_1>h:1").replace(
        "files = programs.ini", "files ="
    )
    files = [tmp_path / f"supervisord_{kind}.conf" for kind in ("server", "console")]
    for file in files:
        file.write_text(shared)
    (tmp_path / "tuiconsole.toml").write_text(import_supvisors([str(file) for file in files], {}).text)
    nodes = load_cluster(tmp_path / "tuiconsole.toml").nodes.values()
    assert [(node.name, node.kind, node.port) for node in nodes] == [
        ("server_1", "server", 61100),
        ("console_1", "console", 61110),
    ]


def test_core_identifiers_may_be_stereotypes(tmp_path: Path) -> None:
    _, cluster = imported(tmp_path, "supvisors_list = a\nstereotypes = @S\ncore_identifiers = @S")
    assert [node.name for node in cluster.core_nodes] == ["a"]


def test_files_of_several_machines_become_kinds(tmp_path: Path) -> None:
    shared = "supvisors_list = a,<b>host\n"
    servers = shared + "stereotypes = @SERVER"
    consoles = shared + "stereotypes = @CONSOLE\nstarting_strategy = LOCAL\n[supervisord]\nidentifier = b"
    result, cluster = imported(tmp_path, servers, consoles)
    assert {name: (node.kind, node.tags) for name, node in cluster.nodes.items()} == {
        "a": ("server", ("@SERVER",)),
        "b": ("console", ("@CONSOLE",)),
    }
    (warning,) = [each for each in result.warnings if "starting_strategy is not what" in each.what]
    assert "supervisord_2.conf" in str(warning)


@pytest.mark.parametrize(
    "text", ["[supervisord]\n", "[rpcinterface:other]\nsupervisor.rpcinterface_factory = x:y\n"]
)
def test_a_site_without_supvisors_is_told_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "supervisord.conf").write_text(text)
    with pytest.raises(SourceError, match="has no section"):
        import_supvisors([str(tmp_path / "supervisord.conf")], {})


def test_the_command_prints_the_file_and_warns_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "supervisord.conf"
    file.write_text(CONF.format("supvisors_list = a:1,b:1").replace("files = programs.ini", "files ="))
    assert run(["import", str(file)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("# Made from ")
    assert "'a:1' is called 'a_1'" in told.err
    (tmp_path / "tuiconsole.toml").write_text(told.out)
    assert list(load_cluster(tmp_path / "tuiconsole.toml").nodes) == ["a_1", "b_1"]
