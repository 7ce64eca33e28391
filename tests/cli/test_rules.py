"""`tuiconsole rules`: check, convert and show, as an integrator types them, without a cluster that runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tuiconsole.cli.main import run
from tuiconsole.rulebook.rulebook import load_rules

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2"
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scenario 2 in a folder of its own, which is the current one."""
    folder = tmp_path / "scenario_2"
    shutil.copytree(SCENARIO, folder, ignore=shutil.ignore_patterns("state", "keys"))
    monkeypatch.chdir(folder)
    for name in ("TUICONSOLE_CONFIG", "TUICONSOLE_NODE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_check_compares_with_the_nodes_and_their_supervisord_files(scenario: Path, capsys: Captured) -> None:
    rules = (scenario / "rules.toml").read_text()
    (scenario / "rules.toml").write_text(rules.replace("scen2_config_manager", "scen2_confg_manager") + STRAY)
    assert run(["rules", "check", "rules.toml"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("rules.toml: in order, ")
    assert "no rule names the group 'common_data_bus': it is unmanaged" in told.err
    assert "no node bears the identifier 'console_4'" in told.err
    assert "application 'scen2_stray' is no group of the supervisord configuration; did you mean" in told.err


STRAY = '[[applications]]\nname = "scen2_stray"\n'


def test_check_without_a_file_means_those_of_the_cluster_file(scenario: Path, capsys: Captured) -> None:
    assert run(["rules", "check"]) == 0
    assert "rules.toml: in order" in capsys.readouterr().out
    (scenario / "tuiconsole.toml").unlink()
    assert run(["rules", "check"]) == 2
    assert "name one with -c, or rules files" in capsys.readouterr().err


def test_check_takes_the_supervisord_file_that_is_named(scenario: Path, capsys: Captured) -> None:
    (scenario / "mine.conf").write_text("[program:elsewhere]\ncommand = x\n")
    assert run(["rules", "check", "rules.toml", "--supervisord", "mine.conf"]) == 0
    err = capsys.readouterr().err
    assert "mine.conf:1: warning: no rule names the group 'elsewhere'" in err
    assert "common_data_bus" not in err
    assert run(["rules", "check", "rules.toml", "--supervisord", "missing.conf"]) == 1


def test_check_warns_of_a_supervisord_that_still_runs_supvisors(scenario: Path, capsys: Captured) -> None:
    factory = "supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface"
    (scenario / "mine.conf").write_text(f"[supervisord]\n[rpcinterface:supvisors]\n{factory}\n")
    assert run(["rules", "check", "rules.toml", "--supervisord", "mine.conf"]) == 0
    assert "mine.conf:2: warning: [rpcinterface:supvisors] still starts Supvisors" in capsys.readouterr().err


def test_check_as_json_says_the_same(scenario: Path, capsys: Captured) -> None:
    assert run(["rules", "check", "rules.xml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["usable"] is True
    assert {"file", "line", "column", "what", "remedy", "warning"} == set(told["complaints"][0])
    (scenario / "bad.toml").write_text("format = 1\nx = 1\n")
    assert run(["--json", "rules", "check", "bad.toml"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["usable"] is False
    assert [(each["line"], each["what"]) for each in told["complaints"]] == [(2, "unknown key x")]


def test_convert_prints_the_other_form_and_the_other_form_is_the_same(
    scenario: Path, capsys: Captured
) -> None:
    for name, other in (("rules.xml", "new.toml"), ("rules.toml", "new.xml")):
        assert run(["rules", "convert", name]) == 0
        told = capsys.readouterr()
        assert told.err == ""
        (scenario / other).write_text(told.out)
        assert load_rules([other]).digest == load_rules([name]).digest


def test_convert_tells_what_xml_has_no_word_for(scenario: Path, capsys: Captured) -> None:
    (scenario / "rules.toml").write_text('format = 1\n[[applications]]\nname = "a"\nisolation = "KEEP"\n')
    assert run(["rules", "convert", "rules.toml"]) == 0
    told = capsys.readouterr()
    assert "rules.toml:4: warning: isolation of 'a' is left out" in told.err
    assert '<application name="a"/>' in told.out


def test_show_prints_each_word_with_its_origin(scenario: Path, capsys: Captured) -> None:
    assert run(["rules", "show", "scen2_srv_02"]) == 0
    lines = [
        line.replace(f"{scenario.resolve()}/", "").split() for line in capsys.readouterr().out.splitlines()
    ]
    assert lines[0] == ["application", "scen2_srv_02:", "pattern", "'scen2_srv_'", "at", "rules.toml:24"]
    assert ["distribution", "SINGLE_INSTANCE", "rules.toml:26"] in lines
    assert ["isolation", "STOP", "default"] in lines
    assert ["start_sequence", "1", "model", "data_bus,", "rules.toml:10"] in lines
    assert ["starting_failure_strategy", "STOP", "its", "application,", "rules.toml:30"] in lines
    programs = [line[1].rstrip(":") for line in lines if line and line[0] == "program"]
    assert programs[0] == "scen2_internal_data_bus"
    assert programs[-1] == "scen2_common_bus_interface"
    assert "scen2_config_manager" in programs, "which the rules name by a pattern only"


def test_show_says_what_the_cluster_file_gives(scenario: Path, capsys: Captured) -> None:
    text = (scenario / "tuiconsole.toml").read_text()
    (scenario / "tuiconsole.toml").write_text(text + '\n[isolation]\n"scen2_srv" = "KEEP"\n')
    assert run(["rules", "show", "scen2_srv_02", "rules.xml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    words = {word["word"]: (word["value"], word["origin"]) for word in told["application"]["words"]}
    assert words["isolation"] == ("KEEP", "the cluster file")
    assert words["identifiers"] == (["server_1", "server_2", "server_3"], "rules.xml:26")


def test_show_of_what_no_rule_names_is_refused(scenario: Path, capsys: Captured) -> None:
    assert run(["rules", "show", "common_data_bus"]) == 1
    assert (
        "no rule names 'common_data_bus': it is unmanaged; name it in a rules file" in capsys.readouterr().err
    )
    assert run(["rules", "show", "scen3_srv_02", "rules.toml"]) == 1
    assert "did you mean scen2_srv_0" in capsys.readouterr().err
