"""Reads statuses that come one after the other, of which most is as it was."""

from __future__ import annotations

import itertools

import msgspec

from tuiconsole.model.status import ApplicationStatus, ClusterStatus
from tuiconsole.wire.coding import MalformedError
from tuiconsole.wire.replies import Parts

_whole = msgspec.msgpack.Decoder(ClusterStatus)
_application = msgspec.msgpack.Decoder(ApplicationStatus)


class StatusReader:
    """Remembers the last status: an application whose bytes are the same is the same object in the next."""

    def __init__(self) -> None:
        self._known: tuple[tuple[bytes, ApplicationStatus], ...] = ()

    def read(self, parts: Parts) -> ClusterStatus:
        """The status of these parts. Raises MalformedError if they are of none."""
        # By place, as their order stays: comparing costs next to nothing, and hashing would not.
        before = itertools.chain(self._known, itertools.repeat((b"", None)))
        try:
            whole = _whole.decode(parts.whole)
            self._known = tuple(
                (part, known if known is not None and part == old else _application.decode(part))
                for part, (old, known) in zip(parts.applications, before, strict=False)
            )
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedError(str(error)) from None
        return msgspec.structs.replace(whole, applications=tuple(known for _, known in self._known))
