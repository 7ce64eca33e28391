"""`jobs`, `top`, `stop --on`, `logs --json`: what the console has screens for, in a shell."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from tests.client.fake_agent import Town, application, status
from tuiconsole.cli.main import run
from tuiconsole.client.jobs import JobsShown
from tuiconsole.client.log_line import LogLine
from tuiconsole.client.top import Ranking, TopShown, shown_top
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.model.status import ClusterStatus, JobStatus
from tuiconsole.wire.replies import Acted, LogChunk, ReplyBody, StatusIs
from tuiconsole.wire.requests import Act, AskStatus, ReadLog, Request

Captured = pytest.CaptureFixture[str]
SRV, HCI = "scen2_srv_01", "scen2_hci_02"


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


def starting() -> ClusterStatus:
    """scen2_hci_02 is at the first of two steps, scen2_srv_01 runs."""
    hci = application(HCI)
    bus = msgspec.structs.replace(hci.processes[0], sequence=1, cpu=9.0, memory=1 << 20)
    view = msgspec.structs.replace(bus, name="view", namespec=f"{HCI}:view", sequence=2, nodes=("console_1",))
    job = JobStatus("start", 1, 2, (f"{HCI}:bus on server_1: STARTING",))
    hci = msgspec.structs.replace(hci, processes=(bus, view), job=job, nodes=("server_1", "console_1"))
    return status("console_1", application(SRV), hci)


def agent(shown: ClusterStatus) -> Callable[[Request], list[tuple[ReplyBody, bool]] | None]:
    def answer(request: Request) -> list[tuple[ReplyBody, bool]] | None:
        body = request.body
        if isinstance(body, AskStatus):
            return [(StatusIs(shown), True)]
        if isinstance(body, Act):
            ends = enumerate(body.targets, 1)
            return [
                (Acted(Outcome(one, Verdict.DONE, "stopped")), number == len(body.targets))
                for number, one in ends
            ]
        if isinstance(body, ReadLog):
            return [(LogChunk(b"one\ntwo\x1b[31m\nth"), False), (LogChunk(b"ree"), True)]
        return None

    return answer


def asked(requests: list[Request]) -> Act:
    [found] = [one.body for one in requests if isinstance(one.body, Act)]
    return found


def test_jobs_are_told_sequence_by_sequence(town: Town, capsys: Captured) -> None:
    town.agent("console_1", agent(starting()))
    assert run(["jobs"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{HCI}  start on server_1, console_1, step 1 of 2: waits for {HCI}:bus on server_1: STARTING",
        "  > sequence 1: bus RUNNING",
        "    sequence 2: view RUNNING",
    ]
    assert run(["jobs", "--json"]) == 0
    shown = msgspec.json.decode(capsys.readouterr().out, type=JobsShown, strict=True)
    assert [one.application for one in shown.jobs] == [HCI]
    assert shown.schema == "tuiconsole.jobs/1"


def test_a_job_is_cancelled_by_a_request_of_its_own(town: Town) -> None:
    fake = town.agent("console_1", agent(starting()))
    assert run(["jobs", "cancel", HCI]) == 0
    assert (asked(fake.requests).action, asked(fake.requests).targets) == (Action.CANCEL, (HCI,))
    assert run(["jobs", "--watch", "cancel", HCI]) == 2


def test_top_has_the_greatest_users_first_and_the_sums_of_nodes(town: Town, capsys: Captured) -> None:
    town.agent("console_1", agent(starting()))
    assert run(["top", "--once", "--json"]) == 0
    shown = msgspec.json.decode(capsys.readouterr().out, type=TopShown, strict=True)
    assert [one.namespec for one in shown.processes] == [f"{HCI}:bus", f"{HCI}:view", f"{SRV}:bus"]
    [node] = shown.nodes
    assert (node.processes, node.cpu) == (2, 9.3)
    assert run(["top", "--once", "--sort", "name"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Node", "State", "Cpu", "Memory", "Machine", "Load", "Processes"]
    assert [line.split()[0] for line in lines[4:]] == [f"{HCI}:bus", f"{HCI}:view", f"{SRV}:bus"]


def test_what_was_not_sampled_yet_comes_last() -> None:
    fresh = starting()
    one = msgspec.structs.replace(fresh.applications[0].processes[0], cpu=None, memory=None)
    first = msgspec.structs.replace(fresh.applications[0], processes=(one,))
    fresh = msgspec.structs.replace(fresh, applications=(first, fresh.applications[1]))
    for ranking in (Ranking.CPU, Ranking.MEMORY):
        assert shown_top(fresh, ranking).processes[-1].namespec == one.namespec


def test_all_on_a_node_is_stopped_after_its_name_was_typed(town: Town, capsys: Captured) -> None:
    fake = town.agent("console_1", agent(starting()))
    assert run(["stop", "--on", "server_1"]) == 2, "nobody is there to type it"
    assert run(["stop", "--on", "server_1", "--yes", "server_1"]) == 0
    assert asked(fake.requests).targets == (SRV, f"{HCI}:bus"), "the view runs on console_1"
    capsys.readouterr()
    assert run(["stop", "--on", "server_2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("line", ["stop", f"stop {SRV} --on server_1", f"stop {SRV} --yes x", "stop --on x"])
def test_what_is_to_be_stopped_must_be_clear(town: Town, line: str) -> None:
    assert run(line.split()) == 2


def test_a_log_is_an_object_for_each_of_its_lines(town: Town, capsys: Captured) -> None:
    town.agent("console_1", agent(starting()))
    assert run(["logs", f"{SRV}:bus", "--json"]) == 0
    lines = [msgspec.json.decode(line, type=LogLine) for line in capsys.readouterr().out.splitlines()]
    assert [one.line for one in lines] == ["one", "two\x1b[31m", "three"]
    assert lines[0] == LogLine(f"{SRV}:bus", "stdout", "one")
