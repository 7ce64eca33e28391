"""Which keys mean which action, on which screen: the registry's, and what a user has put instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from tuiconsole.console.actions import ConsoleAction, Place, spelled
from tuiconsole.console.registry import REGISTRY, RESERVED, action_of, actions_of
from tuiconsole.source.text import did_you_mean


class Keymap(msgspec.Struct, frozen=True):
    """By action's id, the keys that the user has chosen for it, everywhere where it holds."""

    chosen: Mapping[str, tuple[str, ...]] = {}

    def keys(self, action: ConsoleAction) -> tuple[str, ...]:
        """The keys of an action."""
        return self.chosen.get(action.id, action.keys)

    def shown(self, action: ConsoleAction) -> str:
        """Its first key, as a person writes it; without one, what is typed."""
        return next(map(spelled, self.keys(action)), f":{action.id}")

    def action(self, key: str, place: Place) -> ConsoleAction | None:
        """What a key means on a screen."""
        return next((one for one in actions_of(place) if key in self.keys(one)), None)

    def complaints(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong with the choice: the action's id, what, and the remedy."""
        for name, keys in self.chosen.items():
            action = action_of(name)
            if action is None:
                known = dict.fromkeys(one.id for one in REGISTRY)
                yield name, f"no action is named {name!r}", did_you_mean(name, known)
                continue
            if not keys or not all(keys):
                yield name, f"{name} has no key", "name at least one"
            for key in keys:
                if key in RESERVED:
                    yield name, f"{spelled(key)} moves the cursor and means nothing else", "choose another"
                yield from self._clashes(name, key, action)

    def _clashes(self, name: str, key: str, action: ConsoleAction) -> Iterator[tuple[str, str, str]]:
        for place in action.places:
            for other in actions_of(place):
                if other.id != name and key in self.keys(other):
                    where = f"on the screen «{place.heading}»"
                    yield (
                        name,
                        f"{spelled(key)} is already the key of {other.id} {where}",
                        f"choose another, or give {other.id} another key too",
                    )
                    return
