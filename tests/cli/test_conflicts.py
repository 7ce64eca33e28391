"""`tuiconsole conflicts` and `conciliate`: what runs twice is seen, and nobody ends it by accident."""

from __future__ import annotations

import json

import msgspec
import pytest

from tests.client.fake_agent import Answer, Town, shows_status, status
from tuiconsole.cli.main import run
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.model.status import ConflictStatus, InstanceStatus
from tuiconsole.wire.replies import Acted, ReplyBody, StatusIs
from tuiconsole.wire.requests import Act, AskStatus, Request

Captured = pytest.CaptureFixture[str]
NAME = "scen2_srv_01"
SINCE = "2026-11-23T12:00:00.000Z"
CONFLICT = ConflictStatus(
    NAME,
    ("server_1", "console_1"),
    SINCE,
    "USER",
    (
        InstanceStatus("server_1", SINCE, (1, 3), (f"{NAME}:bus", f"{NAME}:view")),
        InstanceStatus("console_1", SINCE, None, (f"{NAME}:bus",)),
    ),
    {"SENICIDE": "console_1 keeps it (the youngest), server_1 stops it", "STOP": "all are stopped"},
    "people choose",
)
LINE = ["--node", "console_1", "conciliate"]


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


def conciliates(*conflicts: ConflictStatus) -> Answer:
    seen = msgspec.structs.replace(status("console_1"), conflicts=conflicts)

    def answer(request: Request) -> list[tuple[ReplyBody, bool]] | None:
        if isinstance(request.body, AskStatus):
            return [(StatusIs(seen), True)]
        if isinstance(request.body, Act):
            text = f"conciliated: {NAME} stays on server_1"
            return [(Acted(Outcome(request.body.targets[0], Verdict.DONE, text)), True)]
        return list(shows_status("console_1")(request) or ())

    return answer


def test_a_conflict_is_shown_with_its_instances_and_the_ways_out(town: Town, capsys: Captured) -> None:
    town.agent("console_1", conciliates(CONFLICT))
    assert run(["--node", "console_1", "conflicts"]) == 0
    assert capsys.readouterr().out == (
        f"{NAME}  since {SINCE}, conciliation USER; people choose\n"
        f"  Node       Token  Started                   Processes\n"
        f"  server_1   1-3    {SINCE}  bus,view\n"
        f"  console_1  -      {SINCE}  bus\n"
        "  Strategy  Would do\n"
        "  SENICIDE  console_1 keeps it (the youngest), server_1 stops it\n"
        "  STOP      all are stopped\n"
    )
    assert run(["--node", "console_1", "conflicts", "--json"]) == 0
    [shown] = json.loads(capsys.readouterr().out)
    assert shown["instances"][1] == {
        "node": "console_1",
        "since": SINCE,
        "token": None,
        "processes": [f"{NAME}:bus"],
    }


def test_without_conflicts_there_is_nothing_on_stdout(town: Town, capsys: Captured) -> None:
    town.agent("console_1", conciliates())
    assert run(["--node", "console_1", "conflicts"]) == 0
    assert capsys.readouterr().out == ""


def test_the_choice_goes_to_the_master_once_the_target_is_typed_again(town: Town, capsys: Captured) -> None:
    agent = town.agent("console_1", conciliates(CONFLICT))
    assert run([*LINE, NAME, "--keep", "server_1", "--yes", NAME]) == 0
    assert capsys.readouterr().out == f"{NAME} conciliated: {NAME} stays on server_1\n"
    assert run([*LINE, NAME, "--strategy", "senicide", "--yes", NAME]) == 0
    asked = [request.body for request in agent.requests if isinstance(request.body, Act)]
    assert [(act.action, act.keep, act.strategy) for act in asked] == [
        (Action.CONCILIATE, "server_1", None),
        (Action.CONCILIATE, "", "SENICIDE"),
    ]


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        ([NAME, "--keep", "server_1"], 2, f"confirm with --yes {NAME}"),
        ([NAME, "--keep", "server_1", "--yes", "yes"], 2, "nothing was done"),
        ([NAME], 2, "give either --strategy S or --keep NODE"),
        ([NAME, "--keep", "server_1", "--strategy", "STOP"], 2, "give either --strategy S or --keep NODE"),
        ([NAME, "--keep", "server_l"], 2, "no node is named 'server_l'"),
        ([NAME, "--strategy", "USER"], 2, "'USER' is not one of"),
        (["scen2_hci_01", "--strategy", "STOP"], 1, "nothing of scen2_hci_01 runs more than once"),
        (["scen2_srv_0l", "--strategy", "STOP"], 2, "did you mean"),
    ],
)
def test_what_is_unclear_or_not_confirmed_asks_nobody(
    town: Town, capsys: Captured, words: list[str], code: int, complaint: str
) -> None:
    agent = town.agent("console_1", conciliates(CONFLICT))
    assert run([*LINE, *words]) == code
    assert complaint in capsys.readouterr().err
    assert not any(isinstance(request.body, Act) for request in agent.requests)
