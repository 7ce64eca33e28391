"""`tuiconsole alarms`: the list, in words and as data, and what people say about an alarm."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from tests.client.fake_agent import Town, application, status
from tuiconsole.cli.main import run
from tuiconsole.client.alarms import AlarmsShown
from tuiconsole.model.alarms import AlarmKind, AlarmMark, AlarmState, AlarmStatus, Priority
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.model.status import ClusterStatus
from tuiconsole.wire.replies import Acted, ReplyBody, StatusIs
from tuiconsole.wire.requests import Act, AskStatus, Request

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


def alarm(name: str, state: AlarmState, priority: Priority = Priority.HIGH, **more: object) -> AlarmStatus:
    kind = AlarmKind.NODE if name.startswith("server") else AlarmKind.MAJOR
    fields = {"consequences": (), **more}
    return AlarmStatus(
        kind.id_of(name),
        kind,
        name,
        priority,
        state,
        True,
        f"{name} is lost",
        "its lease is over",
        "start its machine",
        "2026-11-23T12:00:00.000Z",
        **fields,  # type: ignore[arg-type]
    )


MARK = AlarmMark("ada", "console_3", "2026-11-23T12:01:00.000Z", reason="new disk")
LOST = alarm(
    "server_2",
    AlarmState.UNACKNOWLEDGED,
    consequences=tuple(f"line_{n:02d}" for n in range(14)),
    failing=("line_01",),
)
SHELVED = alarm("line_20", AlarmState.SHELVED, mark=MARK)


def with_alarms(*alarms: AlarmStatus, quorum: bool = True) -> ClusterStatus:
    plain = status("console_1", application("line_01"), quorum=quorum)
    return msgspec.structs.replace(plain, alarms=alarms)


def agent(
    shown: ClusterStatus, verdict: Verdict = Verdict.DONE, text: str = "acknowledged"
) -> Callable[[Request], list[tuple[ReplyBody, bool]] | None]:
    def answer(request: Request) -> list[tuple[ReplyBody, bool]] | None:
        if isinstance(request.body, AskStatus):
            return [(StatusIs(shown), True)]
        if isinstance(request.body, Act):
            targets = request.body.targets
            return [
                (Acted(Outcome(one, verdict, text)), number == len(targets))
                for number, one in enumerate(targets, 1)
            ]
        return None

    return answer


def test_each_cause_is_told_once_with_its_consequences_and_remedy(town: Town, capsys: Captured) -> None:
    town.agent("console_1", agent(with_alarms(LOST, SHELVED)))
    assert run(["alarms"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Priority", "State", "Alarm", "Since", "What"]
    assert lines[1].split()[:3] == ["high", "unacknowledged", "node/server_2"]
    assert "14 failed for it, 1 fail now: line_00, line_01" in lines[2]
    assert "remedy: start its machine" in lines[3]
    assert len(lines) == 4, "what is shelved is not in the way"


def test_all_shows_what_was_put_aside_by_whom_and_why(town: Town, capsys: Captured) -> None:
    town.agent("console_1", agent(with_alarms(LOST, SHELVED)))
    assert run(["alarms", "--all"]) == 0
    assert "shelved by ada on console_3 at 2026-11-23T12:01:00.000Z: new disk" in capsys.readouterr().out


def test_json_is_what_the_schema_says(town: Town, capsys: Captured) -> None:
    town.agent("console_1", agent(with_alarms(LOST, SHELVED)))
    assert run(["alarms", "--state", "shelved", "--json"]) == 0
    out = capsys.readouterr().out
    shown = msgspec.json.decode(out, type=AlarmsShown, strict=True)
    assert [one.id for one in shown.alarms] == ["major/line_20"]
    assert shown.aside == 1
    assert json.loads(out)["schema"] == "tuiconsole.alarms/1"


@pytest.mark.parametrize(
    ("line", "action", "more"),
    [
        ("alarms ack node/server_2", Action.ACKNOWLEDGE, {}),
        ("alarms ack --all", Action.ACKNOWLEDGE, {}),
        ("alarms shelve node/server_2 --for 90m", Action.SHELVE, {"seconds": 5400.0}),
        ("alarms unshelve node/server_2", Action.UNSHELVE, {}),
        ("alarms out-of-service node/server_2 --reason disk", Action.OUT_OF_SERVICE, {"reason": "disk"}),
        ("alarms return-to-service node/server_2", Action.RETURN_TO_SERVICE, {}),
    ],
)
def test_what_is_said_about_an_alarm_goes_to_the_master(
    town: Town, capsys: Captured, line: str, action: Action, more: dict[str, object]
) -> None:
    fake = town.agent("console_1", agent(with_alarms(LOST, SHELVED)))
    assert run(line.split()) == 0
    assert capsys.readouterr().out == "node/server_2 acknowledged\n"
    [asked] = [one.body for one in fake.requests if isinstance(one.body, Act)]
    assert (asked.action, asked.targets) == (action, ("node/server_2",))
    assert {name: getattr(asked, name) for name in more} == more


def test_a_refusal_says_why(town: Town, capsys: Captured) -> None:
    town.agent(
        "console_1", agent(with_alarms(LOST), Verdict.REFUSED, "no alarm is named 'x', and there is none")
    )
    assert run(["alarms", "ack", "x", "--json"]) == 1
    shown = capsys.readouterr()
    assert "refused: no alarm is named" in shown.err
    assert json.loads(shown.out)[0]["verdict"] == "refused"


def test_without_quorum_the_list_is_shown_and_an_acknowledgement_is_not_taken(
    town: Town, capsys: Captured
) -> None:
    why = "no quorum: 1 of 3 core nodes answer, 2 are needed"
    town.agent("console_1", agent(with_alarms(LOST, quorum=False), Verdict.NO_ANSWER, why))
    assert run(["alarms"]) == 0
    assert "node/server_2" in capsys.readouterr().out
    assert run(["alarms", "ack", "node/server_2"]) == 3
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "alarms ack",
        "alarms ack --all node/server_2",
        "alarms shelve node/server_2",
        "alarms shelve node/server_2 --for 25h",
        "alarms shelve node/server_2 --for soon",
        "alarms out-of-service node/server_2",
        "alarms --all ack node/server_2",
        "alarms --state odd",
    ],
)
def test_what_is_not_meant_so_is_usage(town: Town, line: str) -> None:
    assert run(line.split()) == 2


def test_nothing_left_to_acknowledge_is_done(town: Town) -> None:
    town.agent("console_1", agent(with_alarms(SHELVED)))
    assert run(["alarms", "ack", "--all"]) == 0
