"""`tuiconsole agent --handover`: what an operator who upgrades is told."""

from __future__ import annotations

import msgspec
import pytest

from tests.client.fake_agent import Town, status
from tuiconsole.cli import handover
from tuiconsole.cli.main import run
from tuiconsole.model.node import Pids
from tuiconsole.wire.replies import Failed, HandedOver, ReplyBody, StatusIs
from tuiconsole.wire.requests import AskStatus, HandOver, Request

Captured = pytest.CaptureFixture[str]
LINE = ["--node", "server_1", "agent", "--handover"]


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


class Followed:
    """An agent with pid 1 that hands over, and is followed by one with pid 9 or by none."""

    def __init__(self, answer: ReplyBody, pid: int) -> None:
        self.answer, self.pid = answer, 1
        self.next_pid = pid

    def __call__(self, request: Request) -> list[tuple[ReplyBody, bool]] | None:
        if isinstance(request.body, HandOver):
            self.pid = self.next_pid
            return [(self.answer, True)]
        if isinstance(request.body, AskStatus):
            seen = status("server_1")
            (node,) = seen.nodes
            node = msgspec.structs.replace(node, pids=Pids(self.pid, 2, 3))
            return [(StatusIs(msgspec.structs.replace(seen, nodes=(node,))), True)]
        return None


def test_it_ends_when_the_next_agent_speaks_for_the_node(town: Town, capsys: Captured) -> None:
    town.agent("server_1", Followed(HandedOver(1, 3.0), 9))
    assert run(LINE) == 0
    assert capsys.readouterr().out == "server_1 handed over: agent 9 follows agent 1\n"


def test_an_agent_that_nobody_follows_is_told_with_what_to_do(
    town: Town, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "JOINED_WITHIN", 0.1)
    town.agent("server_1", Followed(HandedOver(1, 0.2), 1))
    assert run(LINE) == 1
    said = capsys.readouterr().err
    assert "no other has followed within 0.2 s" in said
    assert "start `tuiconsole agent --node server_1`" in said


def test_a_refusal_is_told_and_nothing_is_waited_for(town: Town, capsys: Captured) -> None:
    town.agent("server_1", Followed(Failed("refused", "server_1 is ISOLATED"), 1))
    assert run(LINE) == 1
    assert "server_1 is ISOLATED" in capsys.readouterr().err


def test_where_no_agent_runs_there_is_nothing_to_hand_over(capsys: Captured) -> None:
    assert run(LINE) == 3
    assert "no agent answered" in capsys.readouterr().err
