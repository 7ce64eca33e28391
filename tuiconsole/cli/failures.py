"""How commands end that do not succeed; `main` makes exit codes of these."""

from __future__ import annotations


class FailureError(Exception):
    """The command ends with exit code 1; `str()` is the reason, with a remedy."""


class NothingAnsweredError(Exception):
    """The command ends with exit code 3; `str()` is the reason."""
