"""The ledger's bytes: the same again, equal for equals, and refused when they are none."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.model.ledger import (
    MAX_BYTES,
    Failure,
    FailureKind,
    Ledger,
    LedgerError,
    decode_ledger,
    encode_ledger,
)
from tuiconsole.model.requests import Action

from .world import World


def test_a_ledger_in_use_is_read_as_it_was_written() -> None:
    world = World().elect().run(2)
    world.ask(Action.START, "scen2_hci_01", on="console_1")
    world.ask(Action.START, "scen2_hci_02", on="server_1")
    ledger = world.ledger
    assert ledger.grants
    assert ledger.jobs
    assert ledger.failures
    assert decode_ledger(encode_ledger(ledger)) == ledger
    assert encode_ledger(decode_ledger(encode_ledger(ledger))) == encode_ledger(ledger)


def test_no_bytes_are_the_empty_ledger() -> None:
    assert decode_ledger(b"") == Ledger()


def test_another_format_is_refused_by_name() -> None:
    with pytest.raises(LedgerError, match="format 2, this version reads format 1"):
        decode_ledger(msgspec.msgpack.encode({"format": 2, "grants": 7}))


@pytest.mark.parametrize(
    "data", [b"x", b"\xc1", msgspec.msgpack.encode([1]), msgspec.msgpack.encode({"format": 1, "grants": 1})]
)
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(LedgerError):
        decode_ledger(data)


def test_more_than_a_mebibyte_is_refused() -> None:
    failures = {f"app:{n}": Failure(FailureKind.START, "x" * 1000, "") for n in range(1100)}
    with pytest.raises(LedgerError, match="1048576 are allowed"):
        encode_ledger(Ledger(failures=failures))
    with pytest.raises(LedgerError):
        decode_ledger(b"\0" * (MAX_BYTES + 1))


def test_old_outcomes_make_room_for_new_ones() -> None:
    world = World().elect().run(2)
    for number in range(100):
        world.ask(Action.STOP, "scen2_hci_01", request_id=f"r{number}")
    assert [record.id for record in world.ledger.requests] == [f"r{n}" for n in range(36, 100)]
    assert len(encode_ledger(world.ledger)) < 40_000
