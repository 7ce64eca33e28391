"""The registry in Textual's command palette."""

from __future__ import annotations

from collections.abc import Iterator

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tuiconsole.console.actions import objection
from tuiconsole.console.registry import actions_of
from tuiconsole.console.screens.base import ConsoleScreen


class ActionProvider(Provider):
    """The actions that can be taken on the screen from which the palette was called."""

    async def discover(self) -> Hits:
        for name, line, words in self._possible():
            yield DiscoveryHit(name, lambda line=line: self._obey(line), help=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, line, words in self._possible():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), lambda line=line: self._obey(line), help=words)

    def _possible(self) -> Iterator[tuple[str, str, str]]:
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        for action in actions_of(screen.PLACE):
            blocked = objection(
                action, screen.subject, read_only=screen.picture.read_only, marked=len(screen.marked)
            )
            if not blocked and action.id not in ("palette", "back"):
                name = f"{action.label} ({screen.desk.keymap.shown(action)})"
                yield name, action.id, action.help

    def _obey(self, line: str) -> None:
        if isinstance(self.screen, ConsoleScreen):
            self.screen.obey(line)
