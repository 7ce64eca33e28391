"""That nobody answers: apart from what asks, so that whoever only tells of it imports no sockets."""

from __future__ import annotations


class NoAnswerError(Exception):
    """No agent answered; `str()` says which were asked."""
