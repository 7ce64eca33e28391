"""The cluster file: what it gives, and that every mistake in it is one line that names place and remedy."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tuiconsole.model.agreement import differing
from tuiconsole.model.synchronization import Synchronization, SynchroOption
from tuiconsole.rulebook.rules import ConciliationStrategy, Isolation
from tuiconsole.settings.cluster import Cluster, Engine, Guard, check_local
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.places import find_config, local_addresses
from tuiconsole.settings.timing import SAFETY, Timing
from tuiconsole.source.errors import SourceError

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2"

GOOD = """\
format = 1
[cluster]
name = "c"
rules = ["rules.toml"]
[kinds.server]
supervisord = "s.conf"
[nodes.a]
kind = "server"
host = "127.0.0.1"
port = 6000
core = true
[nodes.b]
kind = "server"
host = "127.0.0.1"
port = 6003
"""


def load(folder: Path, text: str) -> Cluster:
    file = folder / "tuiconsole.toml"
    file.write_text(text, encoding="utf-8")
    return load_cluster(file)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(SourceError) as caught:
        load(folder, text)
    complaint = str(caught.value)
    assert complaint.startswith(f"{folder / 'tuiconsole.toml'}:"), complaint
    return complaint.replace(str(folder) + "/", "")


def test_scenario_2_is_six_nodes_on_three_hosts_with_three_voters() -> None:
    cluster = load_cluster(SCENARIO / "tuiconsole.toml")
    assert list(cluster.nodes) == ["server_1", "server_2", "server_3", "console_1", "console_2", "console_3"]
    assert [node.name for node in cluster.core_nodes] == ["server_1", "server_2", "server_3"]
    assert cluster.hosts == {"127.0.0.11", "127.0.0.12", "127.0.0.13"}
    console = cluster.node("console_1")
    assert (console.port, console.router_port, console.lease_port) == (61110, 61111, 61112)
    assert console.tags == ("console",)
    assert console.state_dir == SCENARIO / "state" / "console_1"
    assert cluster.guard is Guard.DENY
    assert cluster.coordinator is Engine.EMBEDDED
    assert cluster.warnings == ()
    for node in cluster.nodes.values():
        check_local(node)


def test_paths_are_relative_to_the_file_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tuiconsole.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir("/")
    cluster = load_cluster(os.path.relpath(tmp_path / "tuiconsole.toml"))
    assert cluster.rules == (str(tmp_path / "rules.toml"),)
    assert cluster.node("a").supervisord == tmp_path / "s.conf"
    assert cluster.keys == tmp_path / "keys"
    assert cluster.node("a").run_dir is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('name = "c"', 'nam = "c"'), "tuiconsole.toml:3: unknown key cluster.nam; did you mean name?"),
        (
            ('rules = ["rules.toml"]', "rules = 3"),
            "toml:4: cluster.rules is a whole number; expected an array",
        ),
        (
            ("port = 6003", "port = 6002"),
            "toml:15: b and a both use port 6002 of 127.0.0.1; each node takes 3 ports",
        ),
        (
            ("port = 6003", "port = 65534"),
            "toml:15: nodes.b.port = 65534 is out of range; expected 1 to 65533",
        ),
        (("core = true", "core = false"), "no node is a core node"),
        (("core = true", 'core = "yes"'), "toml:11: nodes.a.core is a text; expected true or false"),
        (
            ('kind = "server"', 'kind = "sever"'),
            "toml:8: kind 'sever' of a is not known; did you mean server?",
        ),
        (("[nodes.b]", '[nodes."1 b"]'), "toml:12: '1 b' is no name of a node"),
        (('host = "127.0.0.1"', 'host = "0.0.0.0"'), "toml:9: '0.0.0.0' is no address that others reach"),
        (("format = 1", "format = 2"), "toml:1: format 2 is not known; this version reads format 1"),
        (("format = 1", ""), "format is missing"),
        (
            ('name = "c"', 'name = "c"\nitem = "(a+)+"'),
            "toml:4: item '(a+)+' is no usable regular expression",
        ),
        (('name = "c"', 'name = "c"\nitem = "x"'), "has no group (?P<item>…)"),
        (('name = "c"', 'name = "c"\nstate_dir = "state"'), "must hold {node}"),
        (
            ('name = "c"', 'name = "c"\nguard = "Deny"'),
            "cluster.guard = 'Deny' is not known; did you mean deny?",
        ),
        (('name = "c"', 'name = "c"\ncoordinator = "etcd"'), "no etcd endpoints are named"),
        (("[kinds.server]", "[timing]\nnode_lease = 0.1\n[kinds.server]"), "toml:6: timing: "),
        (("[kinds.server]", '[timing]\nprofile = "fats"\n[kinds.server]'), "did you mean fast?"),
        (
            ("[cluster]", '[cluster]\nconciliation_strategy = "MERCY"'),
            "toml:3: cluster.conciliation_strategy = 'MERCY' is not known",
        ),
        (
            ("[kinds.server]", '[isolation]\nhci = "HALT"\n[kinds.server]'),
            "toml:6: isolation.hci = 'HALT' is not known",
        ),
        (
            ("[nodes.a]", '[kinds.server.env]\nTUICONSOLE_NODE = "x"\n[nodes.a]'),
            "'TUICONSOLE_NODE' is set by tuiconsole",
        ),
        (('name = "c"', "name = "), "toml:3:8: not valid TOML: Invalid value"),
        (("[nodes.a]", "[nodes.a"), "toml:7:9: not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_a_remedy(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    assert change[0] in GOOD
    assert complaint in refusal(tmp_path, GOOD.replace(change[0], change[1], 1))


def test_all_mistakes_are_named_at_once_one_line_each(tmp_path: Path) -> None:
    text = GOOD.replace('name = "c"', 'nam = "c"').replace("port = 6003", "port = 6001")
    assert len(refusal(tmp_path, text).splitlines()) == 3


def test_a_node_that_is_not_in_the_file_is_named_with_the_nearest() -> None:
    with pytest.raises(SourceError, match=re.escape("no node is named 'sever_1'; did you mean server_1?")):
        load_cluster(SCENARIO / "tuiconsole.toml").node("sever_1")


def test_an_even_number_of_voters_is_a_warning_not_an_error(tmp_path: Path) -> None:
    cluster = load(tmp_path, GOOD.replace("port = 6003", "port = 6003\ncore = true"))
    assert [str(warning).rpartition("/")[2] for warning in cluster.warnings] == [
        "tuiconsole.toml:7: warning: 2 core nodes outlive no more losses than 1; make their number odd"
    ]


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        (GOOD.replace("port = 6000", "port = 5000"), ["core nodes"]),
        (GOOD.replace("port = 6003", "port = 6003\ncore = true"), ["core nodes"]),
        (GOOD + "[timing]\nnode_lease = 5.0\n", ["node_lease"]),
        (GOOD + "[timing]\nleader_lease = 0.6\nkill_before = 0.5\n", ["leader_lease", "kill_before"]),
        (GOOD + '[timing]\nprofile = "fast"\n', ["node_lease"]),
        (GOOD.replace('name = "c"', 'name = "c"\nguard = "report"'), ["guard"]),
        (GOOD.replace('name = "c"', 'name = "d"'), ["cluster.name"]),
        (
            GOOD.replace('name = "c"', 'name = "c"\ncoordinator = "etcd"') + '[etcd]\nendpoints = ["e:1"]\n',
            ["coordinator", "etcd.endpoints"],
        ),
    ],
)
def test_a_file_that_differs_in_what_safety_rests_on_says_in_what(
    tmp_path: Path, changed: str, differs: list[str]
) -> None:
    before, after = load(tmp_path, GOOD).agreement, load(tmp_path, changed).agreement
    assert before.safety_digest != after.safety_digest
    assert list(differing(after.safety, before.safety)) == differs


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        (GOOD + "[timing]\nsettle = 2\n", ["[timing]"]),
        (GOOD.replace("port = 6003", "port = 7003"), ["[nodes]"]),
        (GOOD.replace('["rules.toml"]', '["other.toml"]'), ["[cluster]"]),
        (GOOD + "[timing]\nnode_lease = 4.0\n", []),
        (GOOD.replace("format = 1", "# a comment\nformat = 1"), []),
    ],
)
def test_a_file_that_differs_in_the_rest_only_keeps_nobody_out(
    tmp_path: Path, changed: str, differs: list[str]
) -> None:
    before, after = load(tmp_path, GOOD).agreement, load(tmp_path, changed).agreement
    assert before.safety_digest == after.safety_digest
    assert list(differing(after.rest, before.rest)) == differs
    assert (before.rest_digest == after.rest_digest) is not bool(differs)


def test_each_safety_timing_is_one_of_the_table() -> None:
    assert set(SAFETY) < set(Timing.__struct_fields__)


def test_a_profile_is_the_base_that_single_values_change(tmp_path: Path) -> None:
    timing = load(tmp_path, GOOD + '[timing]\nprofile = "fast"\nsettle = 2\n').timing
    assert (timing.node_lease, timing.settle) == (2.0, 2.0)


def test_a_stereotype_of_supvisors_is_a_tag(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace('"s.conf"', '"s.conf"\ntags = ["@SERVER"]')).node("a").tags == (
        "@SERVER",
    )


def test_isolation_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    cluster = load(tmp_path, GOOD + '[isolation]\n"hci_" = "KEEP"\n"" = "ALLOW"\n')
    assert cluster.isolation == (("hci_", Isolation.KEEP), ("", Isolation.ALLOW))


def test_doubles_are_left_to_people_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).conciliation is ConciliationStrategy.USER
    said = GOOD.replace("[cluster]", '[cluster]\nconciliation_strategy = "INFANTICIDE"')
    assert load(tmp_path, said).conciliation is ConciliationStrategy.INFANTICIDE


def test_a_missing_supervisord_conf_is_found_on_its_own_machine_only(tmp_path: Path) -> None:
    node = load(tmp_path, GOOD).node("a")
    with pytest.raises(SourceError, match=r"tuiconsole.toml:6: a has no supervisord.conf"):
        check_local(node)
    (tmp_path / "s.conf").touch()
    check_local(node)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"\0", b"[" * 100_000, b"a.b." * 50_000, b"x" * 2_000_000, b'"""', b"[[a]]\na=1"]
)
def test_garbage_is_a_complaint_not_a_crash(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tuiconsole.toml"
    file.write_bytes(content)
    with pytest.raises(SourceError):
        load_cluster(file)


def test_a_fifo_in_place_of_the_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tuiconsole.toml")
    with pytest.raises(SourceError, match="not a regular file"):
        load_cluster(tmp_path / "tuiconsole.toml")


def test_config_is_searched_option_first_then_environment_then_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("option", "env", "here", "user/tuiconsole"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "tuiconsole.toml").touch()
    option, env = tmp_path / "option" / "tuiconsole.toml", tmp_path / "env" / "tuiconsole.toml"
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    assert find_config(option, {"TUICONSOLE_CONFIG": str(env)}) == option
    assert find_config(None, {"TUICONSOLE_CONFIG": str(env)}) == env
    assert find_config(None, {}) == tmp_path / "here" / "tuiconsole.toml"
    monkeypatch.chdir(tmp_path)
    assert find_config(None, {}) == tmp_path / "user" / "tuiconsole" / "tuiconsole.toml"
    with pytest.raises(SourceError, match="no such file"):
        find_config("nowhere.toml", {})


def test_all_of_loopback_is_this_machine_and_a_foreign_address_is_not() -> None:
    assert local_addresses(["127.0.0.11", "127.0.0.13", "192.0.2.1"]) == {"127.0.0.11", "127.0.0.13"}


def test_loading_imports_neither_lxml_nor_anything_slow() -> None:
    slow = ("lxml", "asyncio", "textual", "zmq", "platformdirs", "difflib")
    program = f"""
import sys
from tuiconsole.rulebook.rulebook import load_rules
from tuiconsole.settings.cluster_file import load_cluster
load_rules(load_cluster({str(SCENARIO / "tuiconsole.toml")!r}).rules)
print([name for name in {slow} if name in sys.modules])
"""
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


def test_the_synchronization_is_read_with_tags_resolved_and_mistakes_told(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).synchronization == Synchronization()
    words = '[synchronization]\nsynchro_options = ["STRICT", "TIMEOUT"]\nsynchro_timeout = 60\n'
    read = load(tmp_path, GOOD + words).synchronization
    assert (read.options, read.timeout) == ((SynchroOption.STRICT, SynchroOption.TIMEOUT), 60.0)
    assert read.core == tuple(node.name for node in load(tmp_path, GOOD).core_nodes)
    wrong = (
        '[synchronization]\nsynchro_options = ["STRICTLY"]\nsynchro_timeout = 0\n'
        'core_identifiers = ["nobody"]\n'
    )
    with pytest.raises(SourceError) as error:
        load(tmp_path, GOOD + wrong)
    text = str(error.value)
    assert "did you mean STRICT" in text
    assert "1 to 3600 seconds" in text
    assert "'nobody', which no node bears" in text
