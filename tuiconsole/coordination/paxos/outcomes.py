"""What becomes of a request to the leader."""

from __future__ import annotations

from enum import Enum

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.coordination.coordinator import Versioned


class Failure(str, Enum):
    """Why a request to the leader did not succeed."""

    LOST_LEADERSHIP = "LOST_LEADERSHIP"
    CONFLICT = "CONFLICT"
    UNKNOWN = "UNKNOWN"


class EpochRaised(msgspec.Struct, frozen=True):
    """No lease below `epoch` is held, nor can be again."""

    epoch: int


class EpochHeld(msgspec.Struct, frozen=True):
    """The epoch cannot be raised before `until`."""

    until: BootTime


Result = Versioned | EpochRaised | EpochHeld | Failure
"""What became of a request: the value under its new stamp, the epoch, or why not."""
