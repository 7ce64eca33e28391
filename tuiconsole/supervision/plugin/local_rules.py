"""Which groups this node's own rules name: guarded as well as what is on the master's list.

The list comes with the first contact to a master, which may be long after supervisord's autostart, and says
nothing of a group that was added since. So the agent writes what its rules name into the run directory before
it starts supervisord, and sends it once more with each list. Names are exact; patterns are searched anywhere
in a group's name, as the rules do.
"""

from __future__ import annotations

import json
import os
import re

FILE_NAME = "rules.json"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LocalRules:
    """The groups that the rules name, and what the guard does. None before an agent has said so."""

    def __init__(
        self, names: frozenset[str] = frozenset(), patterns: tuple[re.Pattern[str], ...] = ()
    ) -> None:
        self._names = names
        self._patterns = patterns

    def name(self, group: str) -> bool:
        """True if the rules name this group."""
        return group in self._names or any(pattern.search(group) for pattern in self._patterns)


def local_rules(names: Any, patterns: Any) -> LocalRules:
    """The rules as an agent says them.

    Raises:
        ValueError: it is no list of names, or no list of regular expressions.
    """
    for given in (names, patterns):
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise ValueError("the node's own rules must be a list of names and a list of patterns")
    try:
        return LocalRules(frozenset(names), tuple(re.compile(pattern) for pattern in patterns))
    except re.error as error:
        raise ValueError(f"a pattern of the node's own rules is wrong: {error}") from None


def read_local_rules(run_dir: str) -> tuple[LocalRules, str]:
    """What the agent wrote before it started supervisord, and the guard; no rules if it wrote nothing.

    Raises:
        ValueError: the file is damaged; the text names it.
    """
    path = os.path.join(run_dir, FILE_NAME)  # noqa: PTH118 (pathlib costs memory)
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 (pathlib costs memory)
            text = file.read()
    except FileNotFoundError:
        return LocalRules(), ""
    try:
        known = json.loads(text)
        return local_rules(known["names"], known["patterns"]), str(known["guard"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}): the agent writes it anew when it starts") from None
