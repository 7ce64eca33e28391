"""A voter's record on disk: written as a whole, under a checksum, and refused if it is not this voter's.

A new record is written beside the old one, synced, renamed over it, and the directory is synced. So the file
is always one whole record: one that fails its checksum is no torn write but a damaged disk, and is refused,
since an older state would break promises that were answered.
"""

from __future__ import annotations

import hashlib
import os
import struct
import uuid
from pathlib import Path

import msgspec

from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.voters import VoterSet

FORMAT = 1
MAGIC = b"TUIVOTER"
_FRAME = struct.Struct(">8sHQ16s")
"""Magic, format, bytes of the body, checksum of format, length and body."""
FILE = "voter.record"


class DiskError(Exception):
    """The record cannot be used; `str()` names the file, what is wrong, and the remedy.

    Such a voter is silent.
    """


class OtherVoters(DiskError):  # noqa: N818 (says what is so, not that it is an error)
    """The record is of this voter, but of another set of core nodes than the cluster file names."""


class _Body(msgspec.Struct, frozen=True):
    cluster: str
    voter: str
    voter_set: str
    record: VoterRecord


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Body)


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(struct.pack(">HQ", FORMAT, len(body)) + body, digest_size=16).digest()


class VoterDisk:
    """The record of one voter in one folder. Its methods block; call them where nothing waits."""

    def __init__(self, folder: Path, voter: str, voters: VoterSet) -> None:
        self.path = folder / FILE
        self.voter = voter
        self.voters = voters

    def load(self) -> VoterRecord | None:
        """The record; None if there is none: a voter before its first boot, or one that lost its disk.

        Raises:
            DiskError: damaged, unreadable, or of another cluster, voter or voter set.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DiskError(
                f"{self.path}: {error.strerror}; this voter stays silent until it can be read"
            ) from error
        return self.decode(data)

    def load_or_begin(self) -> VoterRecord:
        """The record; of a blank voter a new one, with an id of its own, already on disk.

        Raises:
            DiskError: as `load`, or the folder cannot be written.
        """
        record = self.load()
        if record is None:
            record = VoterRecord(uuid.uuid4().hex)
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.store(record)
            except OSError as error:
                raise DiskError(f"{self.path}: {error.strerror}; make the folder writable") from error
        return record

    def store(self, record: VoterRecord) -> None:
        """Write the record; it is on disk when this returns.

        Raises:
            OSError: the state on disk is the former one, or this one; the voter must not go on.
        """
        new = self.path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            rest = memoryview(self.encode(record))
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        new.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def encode(self, record: VoterRecord) -> bytes:
        """The bytes of a record's file."""
        body = _encoder.encode(_Body(self.voters.cluster, self.voter, self.voters.names_digest, record))
        return _FRAME.pack(MAGIC, FORMAT, len(body), _checksum(body)) + body

    def decode(self, data: bytes) -> VoterRecord:
        """The record in a file's bytes.

        Raises:
            DiskError: as `load`.
        """
        damaged = f"{self.path}: damaged voter record; restore the file, or remove the voter from the cluster"
        if len(data) < _FRAME.size:
            raise DiskError(damaged)
        magic, form, length, checksum = _FRAME.unpack_from(data)
        body = data[_FRAME.size :]
        if magic == MAGIC and form != FORMAT:
            raise DiskError(
                f"{self.path}: format {form} is not format {FORMAT}; start the version that wrote it"
            )
        if magic != MAGIC or length != len(body) or checksum != _checksum(body):
            raise DiskError(damaged)
        try:
            found = _decoder.decode(body)
        except msgspec.DecodeError as error:
            raise DiskError(damaged) from error
        for what, theirs, ours in (
            ("cluster", found.cluster, self.voters.cluster),
            ("voter", found.voter, self.voter),
        ):
            if theirs != ours:
                raise DiskError(
                    f"{self.path}: written for {what} {theirs!r}, not {ours!r}; "
                    "give this voter its own state folder"
                )
        if found.voter_set != self.voters.names_digest and found.record.members:
            raise OtherVoters(
                f"{self.path}: {self.voter} was founded with {', '.join(sorted(found.record.members))} "
                f"as core nodes, not with {', '.join(self.voters.names)}: it does not vote; "
                "give it the cluster file of the others; docs/operation.md says how to change core nodes"
            )
        # A voter that was never founded has promised nothing, whatever its cluster file said then.
        return found.record
