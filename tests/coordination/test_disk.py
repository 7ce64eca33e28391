"""A voter's record: whole or refused, and only ever this voter's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuiconsole.coordination.disk import DiskError, VoterDisk
from tuiconsole.coordination.leases.registrar import Registration
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.voters import VoterSet

VOTERS = VoterSet("control room", ("a", "b", "c"))
RECORD = VoterRecord(
    "id", {"a": "id", "b": "2", "c": "3"}, 4, "b", 3, 7, b"ledger", {"x": Registration(2, "shim")}, 4.0
)


def test_what_was_stored_is_read_back(tmp_path: Path) -> None:
    disk = VoterDisk(tmp_path, "a", VOTERS)
    disk.store(RECORD)
    assert disk.load() == RECORD
    assert disk.path.stat().st_mode & 0o077 == 0


def test_a_blank_voter_gets_an_id_that_is_on_disk_before_it_is_shown(tmp_path: Path) -> None:
    disk = VoterDisk(tmp_path / "new", "a", VOTERS)
    assert disk.load() is None
    record = disk.load_or_begin()
    assert record.voter_id
    assert not record.members
    assert disk.load_or_begin() == record


def test_a_record_cut_or_changed_at_any_byte_is_refused(tmp_path: Path) -> None:
    disk = VoterDisk(tmp_path, "a", VOTERS)
    whole = disk.encode(RECORD)
    for length in range(len(whole)):
        with pytest.raises(DiskError, match="damaged voter record"):
            disk.decode(whole[:length])
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x40
        with pytest.raises(DiskError):
            disk.decode(bytes(changed))


def test_a_write_torn_at_any_byte_leaves_the_former_record(tmp_path: Path) -> None:
    disk = VoterDisk(tmp_path, "a", VOTERS)
    disk.store(RECORD)
    torn = disk.encode(VoterRecord("id", promised_term=9))
    for length in range(len(torn) + 1):
        disk.path.with_suffix(".new").write_bytes(torn[:length])
        assert disk.load() == RECORD
    disk.store(VoterRecord("id", promised_term=9))
    loaded = disk.load()
    assert loaded is not None
    assert loaded.promised_term == 9


@pytest.mark.parametrize(
    ("voter", "voters", "what"),
    [
        ("a", VoterSet("other room", ("a", "b", "c")), "cluster 'control room', not 'other room'"),
        ("b", VOTERS, "voter 'a', not 'b'"),
        (
            "a",
            VoterSet("control room", ("a", "b", "d")),
            "founded with a, b, c as core nodes, not with a, b, d",
        ),
    ],
)
def test_a_foreign_record_is_refused_with_its_name(
    tmp_path: Path, voter: str, voters: VoterSet, what: str
) -> None:
    VoterDisk(tmp_path, "a", VOTERS).store(RECORD)
    with pytest.raises(DiskError, match=what) as refused:
        VoterDisk(tmp_path, voter, voters).load()
    assert str(tmp_path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_record_outlives_a_change_of_what_the_core_nodes_agree_on(tmp_path: Path) -> None:
    VoterDisk(tmp_path, "a", VOTERS).store(RECORD)
    assert VoterDisk(tmp_path, "a", VoterSet("control room", ("a", "b", "c"), "8 s")).load() == RECORD


def test_a_voter_that_was_never_founded_may_be_given_other_core_nodes(tmp_path: Path) -> None:
    blank = VoterDisk(tmp_path, "a", VoterSet("control room", ("a", "b", "wrong"))).load_or_begin()
    assert VoterDisk(tmp_path, "a", VOTERS).load() == blank


def test_another_format_is_named(tmp_path: Path) -> None:
    disk = VoterDisk(tmp_path, "a", VOTERS)
    newer = bytearray(disk.encode(RECORD))
    newer[9] = 2
    with pytest.raises(DiskError, match="format 2 is not format 1"):
        disk.decode(bytes(newer))
