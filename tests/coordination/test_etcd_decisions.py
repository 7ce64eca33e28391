"""What the etcd engine decides by what it has seen: pure, so that no etcd is needed."""

from __future__ import annotations

import pytest

from tuiconsole.coordination.etcd.concord import Concord
from tuiconsole.coordination.etcd.observation import Entry, Observation, lease_over_at
from tuiconsole.coordination.etcd.records import (
    Agreed,
    Announced,
    Damaged,
    Held,
    Hold,
    Keys,
    Seat,
    decode,
    encode,
)
from tuiconsole.coordination.etcd.renewing import NOBODY, Refused, giving_up, renewal
from tuiconsole.coordination.messages import Leave, Renew
from tuiconsole.model.agreement import Agreement

KEYS = Keys("c")


def ask(epoch: int, incarnation: str = "i", *, join: bool = False, stay: float = 0.0) -> Renew:
    return Renew("c", "digest", "x", epoch, incarnation, 1, join, stay)


def answer(message: Renew, held: Held, now: float = 10.0, covered: float = 0.0) -> Held | Refused:
    return renewal(now, message, held, 9.0, usual=4.0, covered=covered, margin=0.2)


def beat(mod: int, hold: float = 2.0) -> Entry:
    return Entry(KEYS.hold, encode(Hold("a", hold)), 1, mod)


def test_a_leader_may_act_until_its_beat_was_seen_unchanged_for_its_hold_and_the_margin() -> None:
    seen = Observation(KEYS)
    assert seen.acts_until(0.2) == 0.0
    seen.look(5.0, [beat(7)])
    seen.look(6.0, [beat(7)])
    assert seen.acts_until(0.2) == pytest.approx(7.2)
    seen.look(6.5, [beat(8)])
    assert seen.acts_until(0.2) == pytest.approx(8.7)


def test_a_lost_seat_frees_nobody_before_the_last_beat_is_old() -> None:
    seen = Observation(KEYS)
    seen.look(5.0, [beat(7), Entry(KEYS.seat, encode(Seat("a", "run")), 3, 3)])
    seen.look(5.5, [beat(8)])  # etcd has ended the lease of the seat early
    assert seen.seat is None
    assert seen.acts_until(0.2) == pytest.approx(7.7)


def test_a_node_extends_its_own_lease_only() -> None:
    held = Held(3, "i", 4.0)
    assert answer(ask(3), held) == Held(3, "i", 4.0)
    assert answer(ask(3, "other"), held) == Refused(3)
    assert answer(ask(2), held) == Refused(3)
    assert answer(ask(3), Held(4, "", 0.0)) == Refused(4)
    assert answer(ask(3), NOBODY) == Refused(0)


def test_the_record_covers_a_maintenance_that_the_node_still_counts_on() -> None:
    assert answer(ask(3, stay=60.0), Held(3, "i", 4.0)) == Held(3, "i", 60.0)
    assert answer(ask(3), Held(3, "i", 60.0), covered=42.0) == Held(3, "i", 42.0)


def test_another_incarnation_joins_when_the_first_is_certainly_over() -> None:
    held = Held(3, "first", 4.0)
    busy = answer(ask(4, "second", join=True), held, now=13.1)
    assert isinstance(busy, Refused)
    assert busy.busy == pytest.approx(0.1)
    assert answer(ask(4, "second", join=True), held, now=13.3) == Held(4, "second", 4.0)
    assert answer(ask(3, "second", join=True), held, now=13.3) == Refused(3)
    assert lease_over_at(held, 9.0, 0.2) == pytest.approx(13.2)


def test_who_leaves_makes_its_epoch_void_and_nobody_elses() -> None:
    leave = Leave("c", "digest", "x", 3, "i", 1)
    assert giving_up(leave, Held(3, "i", 4.0)) == Held(4, "", 0.0)
    assert giving_up(leave, Held(4, "i", 4.0)) == Refused(4)
    assert giving_up(leave, Held(3, "other", 4.0)) == Refused(3)


def test_a_majority_of_the_core_nodes_decides_which_file_is_in_force() -> None:
    concord = Concord(Agreement({"node_lease": "8"}, {}), "abc")
    assert concord.fits(encode(concord.mine))
    assert concord.kept_out is None
    assert not concord.fits(encode(Agreed("other", {"node_lease": "4"})))
    assert "node_lease (8, not 4)" in (concord.kept_out or "")
    seen = Observation(KEYS)
    mine, other = encode(Announced(concord.mine.digest)), encode(Announced("other"))
    seen.look(1.0, [Entry(KEYS.core("a"), mine, 1, 1), Entry(KEYS.core("b"), other, 1, 1)])
    assert not concord.overrules(seen)
    # A core node of another list counts for nothing, nor does what is no announcement.
    seen.look(
        2.0, [Entry(KEYS.core(name), mine, 1, 1) for name in "adx"] + [Entry(KEYS.core("b"), b"?", 1, 1)]
    )
    assert not concord.overrules(seen)
    seen.look(3.0, [Entry(KEYS.core("a"), mine, 1, 1), Entry(KEYS.core("c"), mine, 1, 1)])
    assert concord.overrules(seen)


def test_what_this_engine_has_not_written_is_told_apart() -> None:
    with pytest.raises(Damaged):
        decode(b"not a record", Held)
    seen = Observation(KEYS)
    seen.look(1.0, [Entry(KEYS.node("x"), b"\xff", 1, 1), Entry(KEYS.seat, b"?", 1, 1)])
    assert seen.nodes() == {}
    assert seen.seat is None
