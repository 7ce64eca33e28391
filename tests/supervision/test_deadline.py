"""A damaged or foreign deadline record never counts as a lease."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tuiconsole.clock import boot_id
from tuiconsole.supervision.deadline import (
    FILE_NAME,
    DeadlineRecord,
    DeadlineWriter,
    decode,
    encode,
    open_deadline,
    read_deadline,
)


def write(writer: DeadlineWriter, deadline: float) -> DeadlineRecord:
    return writer.write(
        epoch=3, deadline=deadline, stop_at=deadline - 1, kill_at=deadline - 0.4, shim_kill_at=deadline - 0.25
    )


def read(folder: Path, boot: str | None = None) -> DeadlineRecord | None:
    fd = open_deadline(str(folder))
    try:
        return read_deadline(fd, boot or boot_id())
    finally:
        os.close(fd)


def test_what_was_written_last_is_read(tmp_path: Path) -> None:
    writer = DeadlineWriter(str(tmp_path), "n1", "inc")
    for deadline in (10.0, 20.0, 30.0):
        written = write(writer, deadline)
        assert read(tmp_path) == written
        assert written.deadline == deadline
    writer.close()


def test_a_new_writer_goes_on_from_the_record_it_finds(tmp_path: Path) -> None:
    first = DeadlineWriter(str(tmp_path), "n1", "inc")
    old = write(first, 10.0)
    first.close()
    second = DeadlineWriter(str(tmp_path), "n1", "inc")
    new = write(second, 5.0)
    assert new.sequence > old.sequence
    assert read(tmp_path) == new
    second.close()


def test_a_missing_or_blank_record_is_no_record(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    (tmp_path / FILE_NAME).write_bytes(bytes(512))
    assert read(tmp_path) is None


def test_the_record_of_another_boot_is_void(tmp_path: Path) -> None:
    writer = DeadlineWriter(str(tmp_path), "n1", "inc")
    write(writer, 10.0)
    assert read(tmp_path, boot="00000000-0000-0000-0000-000000000000") is None
    writer.close()


@pytest.mark.parametrize("torn_at", [0, 8, 44, 100, 180, 190, 210])
def test_a_torn_write_leaves_the_record_before_it(tmp_path: Path, torn_at: int) -> None:
    writer = DeadlineWriter(str(tmp_path), "n1", "inc")
    before = write(writer, 10.0)
    newest = write(writer, 20.0)
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    slot = data.index(encode(newest)[:220])
    data[slot + torn_at] ^= 0xFF
    path.write_bytes(data)
    assert read(tmp_path) == before
    repaired = write(writer, 30.0)
    assert read(tmp_path) == repaired
    writer.close()


def test_every_flipped_byte_of_a_slot_makes_it_void() -> None:
    record = DeadlineRecord("b" * 36, "n1", 1, "inc", 4.0, 1.0, 2.0, 3.0, 1)
    slot = encode(record)
    assert decode(slot) == record
    for place in range(8 + 36 + 64 + 64 + 16 + 32 + 4):
        damaged = bytearray(slot)
        damaged[place] ^= 1
        assert decode(bytes(damaged)) is None
    assert decode(slot[:100]) is None


def test_times_out_of_order_are_refused(tmp_path: Path) -> None:
    writer = DeadlineWriter(str(tmp_path), "n1", "inc")
    with pytest.raises(ValueError, match="stop_at <= kill_at"):
        writer.write(epoch=1, deadline=1.0, stop_at=2.0, kill_at=3.0, shim_kill_at=4.0)
    writer.close()
