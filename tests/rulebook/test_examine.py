"""What `rules check` finds in rules that can be used: each thing once, where it stands, with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuiconsole.rulebook.examine import examine
from tuiconsole.rulebook.rulebook import load_rules
from tuiconsole.rulebook.surroundings import Host, Surroundings
from tuiconsole.source.supervisord import read_supervisord

CONF = """
[supervisord]
[group:srv_1]
programs=bus,check,view
[group:other]
programs=alone
[program:bus]
command=x
[program:check]
command=x
autorestart=true
[program:view]
command=x
process_name=%(program_name)s_%(process_num)02d
numprocs=3
numprocs_start=1
[program:alone]
command=x
"""
ALL = '[[applications.programs]]\npattern = ""\nstart_sequence = 1\n'
REST = '[[applications]]\npattern = ""\n'
HOSTS = tuple(
    Host(
        f"n{number}",
        f"h{number}",
        ("server",),
        {"srv_1": frozenset({"bus", "check", "view_01", "view_02", "view_03"})},
    )
    for number in (1, 2)
)


def found(
    folder: Path, text: str, *, conf: str | None = CONF, hosts: tuple[Host, ...] | None = None
) -> list[str]:
    (folder / "rules.toml").write_text("format = 1\n" + text, encoding="utf-8")
    groups = None
    if conf is not None:
        (folder / "supervisord.conf").write_text(conf, encoding="utf-8")
        groups = read_supervisord(folder / "supervisord.conf", {}).groups
    warnings = examine(load_rules([folder / "rules.toml"]), Surroundings(groups, hosts))
    assert all(warning.warning and warning.remedy for warning in warnings)
    return [str(warning).replace(f"{folder}/", "").replace("warning: ", "") for warning in warnings]


SRV = '[[applications]]\nname = "srv_1"\n'
ONE = SRV + 'distribution = "SINGLE_INSTANCE"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            SRV + ALL + REST + '[[applications]]\nname = "srv_2"\n',
            "rules.toml:9: application 'srv_2' is no group of the supervisord configuration; "
            "did you mean srv_1?",
        ),
        (
            SRV + ALL + REST + '[[applications]]\npattern = "xyz$"\n',
            "rules.toml:9: application pattern 'xyz$' matches no group of the supervisord "
            "configuration; correct it, or remove it",
        ),
        (
            SRV + ALL + '[[applications.programs]]\nname = "buss"\n' + REST,
            "rules.toml:7: program 'buss' is no program of the supervisord configuration; did you mean bus?",
        ),
        (
            SRV + ALL,
            "supervisord.conf:5: no rule names the group 'other': it is unmanaged; name it in a rules "
            "file, or leave it to its supervisord",
        ),
        (
            SRV
            + '[[applications.programs]]\npattern = "bus|view|check"\nstart_sequence = 1\n'
            + REST
            + '[[applications.programs]]\nname = "alonely"\n',
            "supervisord.conf:17: no rule names the program 'alone' of application pattern '': the "
            'defaults hold; name it, or add a program with pattern = ""',
        ),
        (
            SRV + ALL + REST + '[[applications]]\npattern = "srv"\n',
            "rules.toml:9: application pattern 'srv' can never win: srv_1 is taken by 'srv_1'; "
            "remove it, or make its pattern match more of the name",
        ),
        (
            SRV
            + ALL
            + '[[applications.programs]]\npattern = "v"\n[[applications.programs]]\npattern = "view_"\n'
            + REST,
            "rules.toml:7: program pattern 'v' can never win: view_01, view_02, view_03 are taken by "
            "pattern 'view_'; remove it",
        ),
        (
            ONE + ALL + "expected_loading = 30\n" + REST,
            "rules.toml:2: 'srv_1' can never be placed: its programs need 150 % of one host; lessen",
        ),
        (
            SRV + "start_sequence = 2\n" + ALL + "expected_loading = 50\n" + REST,
            "rules.toml:2: what starts by itself needs 250 % of a host, and there are 2 hosts; lessen",
        ),
        (
            SRV + ALL + "expected_loading = 50\n" + REST,
            "rules.toml:2: 'srv_1' can never be placed as a whole: its programs need 250 % of a host, "
            "and may run on 2; lessen",
        ),
        (
            '[[applications]]\nname = "other"\ndistribution = "SINGLE_NODE"\n' + ALL,
            "rules.toml:2: other:alone can never be placed: the supervisord of no node among n1, n2 has it",
        ),
        (
            ONE + 'identifiers = ["servers"]\n' + ALL + REST,
            "rules.toml:5: no node bears the identifier 'servers'; did you mean server?",
        ),
        (
            ONE + 'identifiers = ["n7"]\n' + ALL + REST,
            "rules.toml:2: srv_1:bus, check, view_01, view_02 and 1 more can never be placed: no node is "
            "among n7; name nodes",
        ),
        (
            '[[applications]]\nname = "other"\n' + ALL,
            "rules.toml:4: other:alone can never be placed: the supervisord of no node among n1, n2 has "
            "it; add the program there",
        ),
        (
            SRV + "start_sequence = 1\n" + REST,
            "rules.toml:2: application 'srv_1' has a start_sequence, and none of its programs has one: "
            "nothing starts; give",
        ),
        (
            SRV
            + ALL
            + '[[applications.programs]]\nname = "check"\nstart_sequence = 1\nwait_exit = true\n'
            + REST,
            "rules.toml:7: the steps after program 'check' are never reached: it has wait_exit, and "
            "autorestart = true at supervisord.conf:9; set autorestart = false there",
        ),
        (
            SRV + 'operational_status = \'"bus" and all("vew_.*")\'\n' + ALL + REST,
            "rules.toml:4: operational_status of 'srv_1' never holds: 'vew_.*' names no program of the "
            "application; did you mean view_0",
        ),
        (
            SRV + "operational_status = '\"bsu\"'\n" + ALL + REST,
            "operational_status of 'srv_1' never holds: 'bsu' names no program of the application; "
            "did you mean bus?",
        ),
        (
            SRV + "operational_status = '\"view_.*\"'\n" + ALL + REST,
            "'view_.*' matches 3 programs, and neither any nor all joins them; write any(",
        ),
        (
            SRV + ALL + '[[applications.programs]]\nname = "check"\nwait_exit = true\n' + REST,
            "rules.toml:9: wait_exit of program 'check' is not in force: it is in no start sequence; give",
        ),
        (
            SRV + 'identifiers = ["n1"]\n' + ALL + REST,
            "rules.toml:4: identifiers of application 'srv_1' are not in force, since it is ALL_INSTANCES",
        ),
        (
            ONE + ALL + 'identifiers = ["n1"]\n' + REST,
            "rules.toml:8: identifiers of program pattern '' are not in force, since application 'srv_1' "
            "is SINGLE_INSTANCE; say them for the application",
        ),
        (
            SRV
            + ALL
            + '[[applications]]\npattern = "oth"\ndistribution = "SINGLE_NODE"\nidentifiers = ["#"]\n',
            "rules.toml:10: the sign # deals no node to 'other', whose name ends in no number; name the",
        ),
        (
            SRV + ALL + '[[applications.programs]]\npattern = "view"\nidentifiers = ["@"]\n' + REST,
            "rules.toml:9: the sign @ deals no node to view_03: fewer nodes than processes; write #",
        ),
    ],
)
def test_what_is_suspicious_is_found_where_it_stands(tmp_path: Path, text: str, complaint: str) -> None:
    told = found(tmp_path, text, hosts=HOSTS)
    assert [line for line in told if complaint in line], told


def test_rules_in_order_are_found_so(tmp_path: Path) -> None:
    hosts = tuple(
        Host(host.name, host.machine, host.tags, {**(host.groups or {}), "other": frozenset({"alone"})})
        for host in HOSTS
    )
    text = SRV + 'operational_status = \'all("view.*") and "bus"\'\n' + ALL + REST + ALL
    assert found(tmp_path, text, hosts=hosts) == []


def test_what_is_not_known_is_not_examined(tmp_path: Path) -> None:
    text = '[[applications]]\nname = "nowhere"\nidentifiers = ["n7"]\ndistribution = "SINGLE_INSTANCE"\n'
    assert found(tmp_path, text, conf=None) == []


def test_a_node_whose_file_is_not_here_is_thought_to_have_everything(tmp_path: Path) -> None:
    told = found(tmp_path, '[[applications]]\nname = "other"\n' + ALL, hosts=(Host("n1", "h1"),))
    assert not [line for line in told if "can never be placed" in line]
