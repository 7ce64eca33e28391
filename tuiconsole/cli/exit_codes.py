"""How a command ends, as one number (docs/architecture.md, contracts)."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes. Under `status --check` 0 to 3 are well, minor, major and unknown instead."""

    DONE = 0
    FAILED = 1
    """Refused, failed, an unreadable or invalid file, a port in use."""
    USAGE = 2
    """A wrong option, name or `--node`."""
    NO_ANSWER = 3
    """Nobody answered, there is no quorum, or the outcome is unknown."""
    INTERRUPTED = 130
    """As a shell counts SIGINT."""
    PIPE_CLOSED = 141
    """As a shell counts SIGPIPE: whoever read the results has left."""


class Health(IntEnum):
    """The scale of `status --check`."""

    WELL = 0
    MINOR = 1
    MAJOR = 2
    UNKNOWN = 3
