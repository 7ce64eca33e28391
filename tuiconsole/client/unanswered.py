"""Nobody answered; apart, so that who only asks for help need not load sockets."""

from __future__ import annotations


class NoAnswerError(Exception):
    """No agent answered; `str()` says which were asked."""
