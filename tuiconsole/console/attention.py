"""What draws an operator's attention: blinking, and the terminal's bell for what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tuiconsole.model.alarms import AlarmStatus

PERIOD = 0.6
"""Seconds of each half of a blink."""


def wants_blink(setting: bool, env: Mapping[str, str]) -> bool:
    """True if unacknowledged alarms may blink: the operator wants it, and neither still nor plain screens.

    Args:
        setting: what console.toml says.
        env: the environment: NO_COLOR, and TEXTUAL_ANIMATIONS=none for who wants nothing to move.
    """
    still = env.get("TEXTUAL_ANIMATIONS", "").lower() == "none"
    return setting and not still and not env.get("NO_COLOR")


class Bell:
    """Rings once for each new alarm; what stands when the console comes up is on the screen already."""

    def __init__(self) -> None:
        self._known: frozenset[str] | None = None

    def rings(self, alarms: Iterable[AlarmStatus]) -> bool:
        """True if one of these waits to be acknowledged and did not before."""
        waiting = frozenset(one.id for one in alarms if one.state.open)
        new = self._known is not None and bool(waiting - self._known)
        self._known = waiting
        return new
