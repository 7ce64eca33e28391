"""Following an agent: nothing is missed or taken twice, and what is old stays until better is known."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from tuiconsole.agent.observer import Change, DeathProved, NodeSeen, Observer, ProcessSeen
from tuiconsole.agent.publisher import Publisher
from tuiconsole.model.agreement import Agreement
from tuiconsole.model.events import Event
from tuiconsole.model.node import Pids
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.model.status import QuorumStatus
from tuiconsole.settings.cluster import ClusterNode
from tuiconsole.source.errors import Location
from tuiconsole.wire.published import Heartbeat, Published

AGREEMENT = Agreement({"node_lease": "4"}, {"rules": "r"})
HERE = Location("tuiconsole.toml", 1)
NODE = ClusterNode(
    name="server_1",
    kind="server",
    host="127.0.0.11",
    port=61100,
    core=True,
    tags=("server",),
    supervisord=Path("supervisord.conf"),
    env={},
    state_dir=Path("state"),
    run_dir=None,
    origin=HERE,
    kind_origin=HERE,
)


def heartbeat(state: NodeState = NodeState.RUNNING, boottime: float = 1000.0) -> Heartbeat:
    return Heartbeat(
        host="127.0.0.11",
        state=state,
        reason="",
        epoch=1,
        incarnation="i",
        pids=Pids(1, 2, 3),
        boottime=boottime,
        safety_digest="c",
        rest_digest="r",
        leader=("server_1", 1),
        quorum=QuorumStatus(1, 1, 1, held=True),
    )


def process(name: str, state: ProcessState = ProcessState.RUNNING, pid: int = 7) -> Process:
    return Process("app", name, state, pid)


class Line:
    """A publisher and an observer with a wire between them that a test can cut."""

    def __init__(self) -> None:
        self.sent: list[Published] = []
        self.asked: list[str] = []
        self.changes: list[Change] = []
        self.publisher = Publisher("server_1", "run1", AGREEMENT, self.sent.append)
        self.observer = Observer([NODE], self.asked.append, self.changes.append)
        self.now = 5000.0

    def deliver(self) -> None:
        for published in self.sent:
            self.observer.publication(published, self.now)
        self.sent.clear()

    def answer_snapshot(self) -> None:
        snapshot = self.publisher.snapshot()
        assert snapshot is not None
        self.observer.snapshot(snapshot, self.now)
        self.asked.clear()

    def join(self) -> None:
        self.publisher.heartbeat(heartbeat())
        self.deliver()
        self.answer_snapshot()
        self.changes.clear()


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_late_joiner_asks_for_a_snapshot_and_then_follows(line: Line) -> None:
    line.publisher.changed(process("a"))
    line.sent.clear()
    line.publisher.heartbeat(heartbeat())
    line.deliver()
    assert line.asked == ["server_1"]
    assert line.observer.seen("server_1").state is NodeState.STOPPED
    line.answer_snapshot()
    assert line.observer.seen("server_1").processes["app:a"].state is ProcessState.RUNNING
    line.changes.clear()
    line.publisher.changed(process("b"))
    line.deliver()
    assert line.changes == [ProcessSeen("server_1", process("b"))]
    assert line.asked == []


def test_a_gap_keeps_what_was_known_and_asks_again(line: Line) -> None:
    line.join()
    line.publisher.changed(process("a"))
    line.sent.clear()
    line.publisher.changed(process("b"))
    line.deliver()
    assert line.asked == ["server_1"]
    assert "app:b" not in line.observer.seen("server_1").processes
    line.answer_snapshot()
    assert set(line.observer.seen("server_1").processes) == {"app:a", "app:b"}


def test_a_duplicate_or_late_publication_changes_nothing(line: Line) -> None:
    line.join()
    line.publisher.changed(process("a"))
    first = line.sent[0]
    line.deliver()
    line.publisher.changed(process("a", ProcessState.EXITED, 0))
    line.deliver()
    line.changes.clear()
    line.observer.publication(first, line.now)
    assert line.changes == []
    assert line.asked == []
    assert line.observer.seen("server_1").processes["app:a"].state is ProcessState.EXITED


def test_an_old_snapshot_does_not_undo_what_came_after_it(line: Line) -> None:
    line.join()
    old = line.publisher.snapshot()
    assert old is not None
    line.publisher.changed(process("a"))
    line.deliver()
    line.observer.snapshot(old, line.now)
    assert "app:a" in line.observer.seen("server_1").processes


def test_a_restarted_agent_is_followed_anew(line: Line) -> None:
    line.join()
    line.publisher.changed(process("a"))
    line.deliver()
    line.publisher = Publisher("server_1", "run2", AGREEMENT, line.sent.append)
    line.publisher.heartbeat(heartbeat())
    line.deliver()
    assert line.asked == ["server_1"]
    assert "app:a" in line.observer.seen("server_1").processes, "kept until better is known"
    line.answer_snapshot()
    assert line.observer.seen("server_1").processes == {}


def test_an_agent_that_has_not_heard_its_supervisord_yet_makes_nothing_vanish(line: Line) -> None:
    line.join()
    line.publisher.changed(process("a"))
    line.deliver()
    line.publisher = Publisher("server_1", "run2", AGREEMENT, line.sent.append)
    line.publisher.heartbeat(heartbeat(NodeState.CHECKING))
    line.deliver()
    line.answer_snapshot()
    assert "app:a" in line.observer.seen("server_1").processes


def test_the_proof_of_death_is_told_in_its_place(line: Line) -> None:
    line.join()
    line.publisher.changed(process("a"))
    line.publisher.supervisord_died("i", 3, "killed")
    line.publisher.replaced((process("a", ProcessState.STOPPED, 0),))
    line.deliver()
    kinds = [type(change) for change in line.changes]
    assert kinds == [ProcessSeen, DeathProved, ProcessSeen]


def test_a_heartbeat_tells_the_clocks_difference_and_only_news(line: Line) -> None:
    line.join()
    line.now = 5000.5
    line.publisher.heartbeat(heartbeat(boottime=1000.4))
    line.deliver()
    assert line.changes == []
    assert line.observer.offsets["server_1"] == pytest.approx(-4000.1)
    line.publisher.heartbeat(heartbeat(NodeState.ISOLATED))
    line.deliver()
    assert [type(change) for change in line.changes] == [NodeSeen]


def test_events_come_once_and_in_order_even_over_snapshots(line: Line) -> None:
    line.join()
    for number in range(3):
        line.publisher.tell(Event("2026-01-01T00:00:00.000Z", "server_1", "agent", "x", str(number)))
    line.deliver()
    line.answer_snapshot()
    assert [event.text for event in line.observer.events] == ["0", "1", "2"]
    assert len({event.id for event in line.observer.events}) == 3


def test_a_node_that_the_cluster_file_does_not_name_is_counted_and_dropped(line: Line) -> None:
    line.observer.publication(Published("nobody", "r", 1, heartbeat()), line.now)
    assert line.observer.dropped == 1


@pytest.mark.parametrize("seed", range(50))
def test_whatever_is_lost_the_view_ends_as_the_publisher_has_it(line: Line, seed: int) -> None:
    rng = random.Random(seed)
    line.join()
    for step in range(60):
        name = rng.choice("abcde")
        if rng.random() < 0.2:
            line.publisher.removed(f"app:{name}")
        else:
            line.publisher.changed(process(name, rng.choice(list(ProcessState)), step))
        if rng.random() < 0.3:
            line.sent[:] = [published for published in line.sent if rng.random() < 0.6]
        if rng.random() < 0.4:
            line.deliver()
        if line.asked and rng.random() < 0.5:
            line.answer_snapshot()
    line.publisher.heartbeat(heartbeat())
    line.deliver()
    if line.asked:
        line.answer_snapshot()
    assert dict(line.observer.seen("server_1").processes) == line.publisher.processes


def test_the_last_ends_of_a_process_are_remembered_the_newest_first_and_told_to_who_joins_late(
    line: Line,
) -> None:
    line.publisher.heartbeat(heartbeat())
    for number in range(7):
        up = Process("app", "a", ProcessState.RUNNING, 100 + number, started_at=10.0 * number)
        line.publisher.changed(up)
        down = msgspec.structs.replace(
            up, state=ProcessState.EXITED, pid=0, exit_status=number, changed_at=10.0 * number + 4
        )
        line.publisher.replaced((down,))
    line.join()
    ends = line.observer.seen("server_1").processes["app:a"].ends
    assert [end.status for end in ends] == [6, 5, 4, 3, 2]
    assert {(end.node, end.ran) for end in ends} == {("server_1", 4.0)}


def test_a_process_that_was_replaced_unseen_has_an_end_of_which_nothing_is_known(line: Line) -> None:
    line.publisher.changed(process("a", pid=7))
    line.publisher.changed(process("a", pid=8))
    line.publisher.changed(process("a", pid=8))
    ends = line.publisher.processes["app:a"].ends
    assert [(end.status, end.expected, end.ran) for end in ends] == [(None, True, None)]
