"""What a voter keeps: one value, written as a whole."""

from __future__ import annotations

import msgspec

from tuiconsole.coordination.leases.registrar import Registration


class VoterRecord(msgspec.Struct, frozen=True):
    """All that a voter must remember.

    The disk's frame around it (disk.py) names cluster, voter and voter set.
    """

    voter_id: str
    members: dict[str, str] = {}
    """Name → voter id of the founded set; empty before the first boot."""
    promised_term: int = 0
    promised_to: str = ""
    accepted_term: int = 0
    accepted_version: int = 0
    value: bytes = b""
    registrations: dict[str, Registration] = {}
    lease_duration: float = 0.0
    """The longest node lease, in seconds, that this voter may have granted."""
    election_min: float = 0.0
    """The longest `election_min`, in seconds, under which this voter may have followed a leader."""
    generation: int = 0
    """How often a member was replaced since the first boot, or since the core was put together again."""
    readmits: tuple[str, str] = ("", "")
    """The member that is to be replaced, and its new id; empty names if none is."""
