"""Why an agent cannot run."""

from __future__ import annotations


class AgentError(Exception):
    """The agent cannot run; `str()` is one line with the remedy."""
