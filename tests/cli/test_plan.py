"""`tuiconsole plan`: what is asked and printed, and the exit code that tells whether all would be well."""

from __future__ import annotations

import json

import msgspec
import pytest

from tests.client.fake_agent import Answer, Town
from tuiconsole.cli.main import run
from tuiconsole.cli.schema import schema_of
from tuiconsole.model.plan import (
    Basis,
    Candidate,
    Plan,
    PlannedHost,
    PlannedMove,
    PlannedPlace,
    PlannedTarget,
    Question,
    Result,
)
from tuiconsole.wire.replies import Failed, Planned
from tuiconsole.wire.requests import AskPlan

Captured = pytest.CaptureFixture[str]
PLACE = PlannedPlace(
    "app",
    "server_1",
    "LESS_LOADED",
    ("servers",),
    (
        Candidate("server_1", True, True, ""),
        Candidate("server_2", False, False, "110 % of host 127.0.0.1 would be used"),
        Candidate("console_1", False, False, "the rule allows only servers"),
        Candidate("console_2", False, False, "the rule allows only servers"),
    ),
)
MOVES = (
    PlannedMove(1, "start", "app:bus", "server_1"),
    PlannedMove(2, "start", "app:one", "server_1"),
    PlannedMove(2, "start", "app:two", "server_1"),
)


def plan(question: Question, *targets: PlannedTarget, impossible: str = "") -> Plan:
    hosts = (PlannedHost("127.0.0.1", ("server_1", "server_2"), 20, 42),)
    return Plan(
        question,
        tuple(one.name for one in targets),
        "server_2",
        None,
        "server_1",
        Basis.MASTER,
        "2026-11-23T12:00:00.000Z",
        targets,
        hosts,
        ("server_1 is master: another core node follows it",),
        impossible,
    )


STARTS = PlannedTarget("app", Result.DONE, "started", (), ("server_1",), (PLACE,), MOVES)
REFUSED = PlannedTarget("b", Result.REFUSED, "b runs on server_2 already", ("server_2",), ("server_2",))
NO_PLACE = PlannedTarget("app", Result.NO_PLACE, "no node can host it", ("server_2",), ())


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


def foretells(found: Plan) -> Answer:
    return lambda request: [(Planned(found), True)] if isinstance(request.body, AskPlan) else None


def test_a_start_is_told_with_its_steps_the_reasons_against_other_nodes_and_the_loads(
    town: Town, capsys: Captured
) -> None:
    agent = town.agent("server_2", foretells(plan(Question.START, STARTS)))
    assert run(["plan", "start", "app", "--node", "server_2", "--strategy", "less_loaded"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "app would start on server_1 (LESS_LOADED)",
        "  1. start on server_1: bus",
        "  2. start on server_1: one, two",
        "  not on server_2: 110 % of host 127.0.0.1 would be used",
        "  not on console_1, console_2: the rule allows only servers",
        "host 127.0.0.1 (server_1, server_2) 20 % → 42 %",
        "note: server_1 is master: another core node follows it",
    ]
    assert [r.body for r in agent.requests] == [AskPlan(Question.START, ("app",), "server_2", "LESS_LOADED")]


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        (plan(Question.START, STARTS), 0, ""),
        (plan(Question.START, STARTS, REFUSED), 1, "not all of it would be well: b"),
        (plan(Question.LOSS, NO_PLACE), 1, "not all of it would be well: app"),
        (plan(Question.START, STARTS, impossible="no quorum: 1 of 3 core nodes answer"), 3, "no quorum"),
    ],
)
def test_the_exit_code_tells_whether_all_would_be_well(
    town: Town, capsys: Captured, found: Plan, code: int, words: str
) -> None:
    town.agent("server_2", foretells(found))
    assert run(["plan", "start", "app", "--node", "server_2"]) == code
    assert words in capsys.readouterr().err


def test_json_is_the_whole_plan_and_fits_the_shipped_schema(town: Town, capsys: Captured) -> None:
    found = plan(Question.START, STARTS, REFUSED)
    town.agent("server_2", foretells(found))
    assert run(["plan", "start", "app", "b", "--node", "server_2", "--json"]) == 1
    printed = capsys.readouterr().out
    assert msgspec.json.decode(printed, type=Plan) == found
    assert json.loads(printed)["schema"] == json.loads(schema_of("tuiconsole.plan/1"))["title"]


def test_a_loss_names_nodes_that_the_cluster_has(town: Town, capsys: Captured) -> None:
    agent = town.agent("server_2", foretells(plan(Question.LOSS, NO_PLACE)))
    assert run(["plan", "loss", "server_9", "--node", "server_2"]) == 2
    assert "no node is named 'server_9'" in capsys.readouterr().err
    assert agent.requests == []


def test_a_wrong_name_is_a_usage_error(town: Town, capsys: Captured) -> None:
    town.agent("server_2", lambda _: [(Failed("usage", "no strategy is named 'NEAREST'"), True)])
    assert run(["plan", "stop", "app", "--node", "server_2"]) == 2
    assert "NEAREST" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "asked", "first"),
    [
        (
            ["drain", "server_1"],
            AskPlan(Question.DRAIN, ("server_1",), "server_2"),
            "app would stay on server_2",
        ),
        (
            ["scale", "app:pump", "4"],
            AskPlan(Question.SCALE, ("app:pump",), "server_2", number=4),
            "app would be",
        ),
        (
            ["shutdown"],
            AskPlan(Question.SHUTDOWN, ("tale",), "server_2"),
            "app would stop on server_2 (no node",
        ),
        (["reload"], AskPlan(Question.RELOAD, ("tale",), "server_2"), "app would stop on server_2 (no node"),
    ],
)
def test_what_concerns_more_than_one_application_is_foretold_as_well(
    town: Town, capsys: Captured, words: list[str], asked: AskPlan, first: str
) -> None:
    target = msgspec.structs.replace(NO_PLACE, result=Result.STAYS, after=("server_2",))
    agent = town.agent("server_2", foretells(plan(asked.question, target)))
    assert run(["plan", *words, "--node", "server_2"]) == 1
    assert capsys.readouterr().out.startswith(first)
    assert [r.body for r in agent.requests] == [asked]


def test_an_application_is_not_scaled(town: Town, capsys: Captured) -> None:
    agent = town.agent("server_2")
    assert run(["plan", "scale", "app", "4", "--node", "server_2"]) == 2
    assert "name APP:PROGRAM" in capsys.readouterr().err
    assert agent.requests == []
