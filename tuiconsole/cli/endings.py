"""How commands end that do not succeed; apart, so that who only asks for help loads nothing else."""

from __future__ import annotations


class FailureError(Exception):
    """The command ends with exit code 1; `str()` is the reason, with a remedy."""


class NothingAnsweredError(Exception):
    """The command ends with exit code 3; `str()` is the reason."""
