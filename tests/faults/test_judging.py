"""The judge of the storms is judged: it must convict what runs twice, and its results must add up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.waiting import until
from tuiconsole.clock import boottime

from .overlap import Judge
from .results import Round, add, load, report, summary

BUS = "scen2_srv_1:scen2_internal_data_bus"
WHOLE = Round(seed=1, number=1, what="host 1 cut off for 3.2 s", healed=1.5, elsewhere=(4.2,), starts=3)
BROKEN = Round(seed=2, number=1, what="<kill>", overlap_ms=12.0, violations=("scen2_hci_1 ran twice",))


def test_the_rounds_of_several_runs_add_up_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.jsonl"
    assert load(file) == []
    add(file, WHOLE)
    add(file, BROKEN)
    assert load(file) == [WHOLE, BROKEN]
    words = summary(load(file))
    assert "2 rounds of 2 seeds, 3 starts of programs, 12 ms of overlap, 1 violations" in words
    assert "scen2_hci_1 ran twice" in words


def test_the_rounds_of_each_engine_add_up_by_themselves(tmp_path: Path) -> None:
    words = summary([WHOLE, msgspec.structs.replace(WHOLE, engine="etcd"), BROKEN])
    assert "embedded: 2 rounds of 2 seeds" in words
    assert "etcd: 1 rounds of 1 seeds, 3 starts of programs, 0 ms of overlap, 0 violations" in words


def test_the_page_of_the_results_marks_what_is_broken_and_takes_no_markup_from_it() -> None:
    page = report([WHOLE, BROKEN])
    assert "<tr class=bad><td>embedded<td>2<td>1<td>&lt;kill&gt;" in page
    assert "<kill>" not in page


def test_a_damaged_line_of_the_results_is_named_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / "faults.jsonl"
    add(file, WHOLE)
    with file.open("a") as opened:
        opened.write('{"seed": 3, "number"\n')
    with pytest.raises(ValueError, match=r"faults\.jsonl:2: not a round"):
        load(file)


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    judge = Judge(tmp_path)
    judge.start()
    yield judge
    judge.stop()


def _begin(folder: Path, node: str) -> subprocess.Popen[bytes]:
    """A program that lives until its input ends, and the stamp of its start."""
    program = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    stamp = {"event": "start", "namespec": BUS, "node": node, "pid": program.pid, "at": boottime()}
    with (folder / f"{node}.stamps").open("a") as file:
        file.write(json.dumps(stamp) + "\n")
    return program


def _end(program: subprocess.Popen[bytes]) -> None:
    assert program.stdin is not None
    program.stdin.close()
    program.wait()


def test_an_application_that_lives_on_two_nodes_at_once_is_convicted(judge: Judge, tmp_path: Path) -> None:
    one, other = _begin(tmp_path, "server_1"), _begin(tmp_path, "server_2")
    try:
        until(judge.overlaps, "the double")
        [found] = judge.overlaps()
        assert {found.old.node, found.new.node} == {"server_1", "server_2"}
    finally:
        _end(one)
        _end(other)
    assert judge.starts == 2


def test_an_application_that_moves_from_one_node_to_another_is_not_convicted(
    judge: Judge, tmp_path: Path
) -> None:
    one = _begin(tmp_path, "server_1")
    until(lambda: judge.starts == 1, "the first start")
    _end(one)
    until(lambda: judge.ends == 1, "the end")
    other = _begin(tmp_path, "server_2")
    try:
        until(lambda: judge.starts == 2, "the second start")
        assert judge.overlaps() == []
    finally:
        _end(other)
