"""`tuiconsole crash-test` judges what it sees, and breaks nothing that it must not."""

from __future__ import annotations

import msgspec
import pytest

from tests.client.fake_agent import Town, shows_status
from tuiconsole.cli.crash.judging import Life, Look, Trial, judge
from tuiconsole.cli.main import run

Captured = pytest.CaptureFixture[str]

BUS = Life("srv_01:bus", "server_1", "3-7", 100, 5000)
VIEW = Life("hci_01:view", "console_1", "3-8", 101, 5001)
GOOD = Trial(
    fault="agent-pause",
    broken="stopped the agent of server_1",
    before=frozenset({BUS, VIEW}),
    looks=(Look(0.0, frozenset({BUS, VIEW})), Look(2.9, frozenset({VIEW}))),
    spared={"console_1"},
    single={"srv_01", "hci_01"},
    well_after=9.0,
    patience=40.0,
)


def seen(*looks: Look, **more: object) -> tuple[str, ...]:
    return judge(msgspec.structs.replace(GOOD, looks=(*GOOD.looks, *looks), **more)).violations


def again(life: Life, **other: object) -> Life:
    return msgspec.structs.replace(life, pid=life.pid + 100, born=9000, **other)


def test_what_ends_before_it_starts_elsewhere_keeps_the_promises() -> None:
    elsewhere = Look(4.2, frozenset({VIEW, again(BUS, node="server_2", token="4-1")}))
    assert seen(elsewhere) == ()
    finding = judge(msgspec.structs.replace(GOOD, looks=(*GOOD.looks, elsewhere)))
    assert finding.good
    assert finding.observed == (
        "2 processes lived, 1 ended on server_1 after 2.9 to 2.9 s, 1 began on server_2 after 4.2 to 4.2 s, "
        "well again after 9.0 s (3 looks at /proc)"
    )


def test_a_planted_double_is_found_with_its_places_and_times() -> None:
    double = again(VIEW, node="console_2", token="4-1")
    looks = (Look(4.0, frozenset({VIEW, double})), Look(4.5, frozenset({VIEW, double})))
    assert seen(*looks) == (
        "hci_01 ran twice: on console_1 and on console_2, seen from 4.00 s to 4.50 s",
        "hci_01:view ran twice: on console_1 (token 3-8) and on console_2 (token 4-1), "
        "seen from 4.00 s to 4.50 s",
    )


def test_two_programs_of_one_application_on_two_nodes_are_a_double_only_where_it_is_bound_to_one() -> None:
    other = Life("hci_01:chart", "console_2", "4-1", 300, 9000)
    look = Look(4.0, frozenset({VIEW, other}))
    assert [text.partition(":")[0] for text in seen(look)] == ["hci_01 ran twice"]
    assert seen(look, single=()) == ()


def test_the_children_of_a_program_are_no_doubles() -> None:
    assert seen(Look(4.0, frozenset({VIEW, again(VIEW)}))) == ()


def test_a_second_one_on_the_same_node_under_another_token_is_a_double() -> None:
    (told,) = seen(Look(4.0, frozenset({VIEW, again(VIEW, token="4-1")})))
    assert "token 3-8" in told
    assert "token 4-1" in told


def test_what_ends_on_a_node_that_must_be_spared_is_a_violation() -> None:
    (told,) = seen(Look(3.0, frozenset()))
    assert told == "hci_01:view (pid 101) on console_1 ended after 3.00 s: it must not be touched"


def test_a_cluster_that_never_is_well_again_and_one_that_nobody_looked_at_are_violations() -> None:
    assert seen(well_after=None) == ("the cluster was not well again within 40 s",)
    assert "nothing was looked at" in judge(msgspec.structs.replace(GOOD, looks=())).violations
    assert seen(complaints=("hci_01 could not be put back",)) == ("hci_01 could not be put back",)


@pytest.fixture
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


@pytest.mark.usefixtures("_here")
def test_pids_that_are_not_the_nodes_own_are_left_alone(town: Town, capsys: Captured) -> None:
    town.agent("server_1", shows_status("server_1"))  # it says that pids 1, 2 and 3 are its parts
    assert run(["crash-test", "server_1", "--yes", "tale"]) == 1
    assert "server_1 is not on this machine: run crash-test on 127.0.0.1" in capsys.readouterr().err


@pytest.mark.usefixtures("_here")
def test_without_quorum_nothing_is_broken(town: Town, capsys: Captured) -> None:
    town.agent("server_1", shows_status("server_1", quorum=False))
    assert run(["crash-test", "server_1", "--yes", "tale"]) == 1
    assert "the cluster is not well" in capsys.readouterr().err


@pytest.mark.usefixtures("_here")
def test_an_unknown_node_is_a_usage_error_and_silence_is_no_answer(capsys: Captured) -> None:
    assert run(["crash-test", "server_l"]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert run(["crash-test", "server_1"]) == 3
