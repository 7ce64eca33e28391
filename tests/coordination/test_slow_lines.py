"""A leader whose voters answer late beats faster, so that its lease does not lapse between two answers."""

from __future__ import annotations

from collections import deque

import pytest

from tuiconsole.coordination.pace import Pace
from tuiconsole.coordination.paxos.acceptor import Stamp
from tuiconsole.coordination.paxos.leader import Leader
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

VOTERS = VoterSet("test", {"a": "tcp://a", "b": "tcp://b", "c": "tcp://c"})
STEP = 0.005


def lapses_and_beats(both_ways: float, seconds: float = 20.0) -> tuple[int, int]:
    """How often the lease lapses, and heartbeats a second, if each answer takes `both_ways` seconds."""
    now = 100.0
    leader = Leader("a", 1, VOTERS, Timing(), Pace(), now)
    leader.propose(Stamp(1, 1), b"", 0)
    for voter in ("a", "b"):
        leader.accepted(voter, Stamp(1, 1))
    under_way: deque[tuple[float, int]] = deque()
    lapses, held = 0, False
    while now < 100.0 + seconds:
        if now >= leader.next_beat:
            number = leader.begin_round(now)
            leader.followed("a", number)
            under_way.append((now + both_ways, number))
        while under_way and under_way[0][0] <= now:
            leader.followed("b", under_way.popleft()[1])
        holds = leader.holds(now)
        lapses += held and not holds
        held = holds
        now += STEP
    return lapses, round(leader.round / seconds)


@pytest.mark.parametrize("both_ways", [0.002, 0.2, 0.4, 0.5, 0.6])
def test_a_lease_does_not_lapse_while_answers_arrive_within_it(both_ways: float) -> None:
    lapses, _ = lapses_and_beats(both_ways)
    assert lapses == 0


def test_on_a_fast_line_the_pace_is_that_of_the_settings() -> None:
    assert lapses_and_beats(0.002)[1] == 5
    assert lapses_and_beats(0.6)[1] > 10
