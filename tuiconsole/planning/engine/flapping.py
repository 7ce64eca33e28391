"""Restarts in quick succession: each waits longer than the last, and past the flap limit a person is needed.

Both are kept in the ledger, so that a new master neither hurries nor forgets a hold.
"""

from __future__ import annotations

import msgspec

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import Restarts
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.jobs import LONGEST_PAUSE
from tuiconsole.planning.engine.situation import Situation, iso

QUICK = 60.0
"""Restarts closer together than this, in seconds, are quick successive ones, and are slowed down."""


def pause_before_restart(s: Situation, application: str) -> float:
    """Seconds to wait before it is started again: none at first, then 1, 2, 4 … 30."""
    known = s.draft.restarts.get(application, Restarts())
    if not known.last or s.now.utc - known.last > QUICK:
        s.draft.restarts[application] = msgspec.structs.replace(known, quick=0, last=s.now.utc)
        return 0.0
    pause = float(min(2**known.quick, LONGEST_PAUSE))
    s.draft.restarts[application] = msgspec.structs.replace(
        known, quick=known.quick + 1, last=s.now.utc + pause
    )
    return pause


def held(s: Situation, application: str) -> str:
    """Why nothing but a person starts it any more, in words; empty if it is not held."""
    known = s.draft.restarts.get(application)
    return known.held if known is not None else ""


def is_held_now(s: Situation, application: Application, cause: str, *, counts: bool) -> bool:
    """True if a restart that the rules ask for must not be made.

    Args:
        s: counts the restart, if it is one that is made.
        application: what would be restarted.
        cause: what has happened, in words.
        counts: it ended by itself, not with its node.
    """
    rules = application.rules
    limit = rules.flap_limit if rules is not None else None
    known = s.draft.restarts.get(application.name, Restarts())
    if limit is None:
        # The rules may have been changed since: without a limit nothing is held.
        if known.held:
            let_go(s, application.name)
        return False
    if known.held:
        return True
    if not counts:
        return False
    recent = tuple(at for at in known.at if s.now.utc - at < limit.within)
    if len(recent) < limit.restarts:
        at = (*recent, s.now.utc)
        s.draft.restarts[application.name] = msgspec.structs.replace(known, at=at)
        return False
    times = "once" if limit.restarts == 1 else f"{limit.restarts} times"
    why = f"it was restarted {times} within {limit.within:g} s, and then {cause}"
    s.draft.restarts[application.name] = msgspec.structs.replace(known, held=why, since=iso(s.now.utc))
    remedy = f"`tuiconsole clear {application.name}` or a start lets it go on"
    text = f"{application.name} is held: {why}; {remedy}"
    s.event("application", application.name, text, Severity.MAJOR)
    return True


def let_go(s: Situation, application: str) -> tuple[str, ...]:
    """A person has seen to it: its restarts are counted anew, and what held it is forgotten.

    Returns what has ended and was left, because it is held.
    """
    known = s.draft.restarts.pop(application, None)
    if known is None or not known.held:
        return ()
    left = []
    for namespec in s.apps[application].programs if application in s.apps else ():
        failure = s.draft.failures.get(namespec)
        if failure is not None and failure.reason.startswith(HELD):
            del s.draft.failures[namespec]
            left.append(namespec)
    return tuple(left)


HELD = "held: "
"""How the reason of a failure begins that is one only because its application is held."""
