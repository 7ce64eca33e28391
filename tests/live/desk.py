"""An operator's line to one agent: the commands' own client, kept open between two requests."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec

from tuiconsole.client.oneshot import Lines, News, NoAnswerError, act, follow
from tuiconsole.client.tally import Tally
from tuiconsole.model.events import Event
from tuiconsole.model.requests import Action, Outcome, Progress
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.wire.keys import load_keyring, load_pair, only_person
from tuiconsole.wire.replies import Followed, StatusIs
from tuiconsole.wire.requests import Act, AskStatus, Follow


class Desk:
    """One line to the agent of `node`, under the key of the cluster's only person; for one thread."""

    def __init__(self, config: Path, node: str) -> None:
        cluster = load_cluster(config)
        keyring = load_keyring(cluster.keys)
        self._nodes = cluster.nodes
        self.node = cluster.nodes[node]
        self._lines = Lines(load_pair(only_person(cluster.keys, keyring)), keyring)

    def close(self) -> None:
        """Hang up."""
        self._lines.close()

    def status(self, within: float = 1.0) -> ClusterStatus:
        """The status as this agent sees it. Raises NoAnswerError."""
        _, _, reply = self._lines.first_reply([self.node], AskStatus(), within)
        assert isinstance(reply.body, StatusIs)
        return reply.body.status

    def events(self, within: float = 1.0) -> tuple[Event, ...]:
        """What this agent heard happen, oldest first. Raises NoAnswerError."""
        _, _, reply = self._lines.first_reply([self.node], Follow(), within)
        assert isinstance(reply.body, Followed)
        return reply.body.events

    def follow(self, *names: str) -> Generator[ClusterStatus | None, None, None]:
        """The status at each change, from the first of these agents that answers; None otherwise."""
        nodes = [self._nodes[name] for name in names]
        while True:
            with contextlib.suppress(NoAnswerError):
                for news in follow(self._lines, nodes):
                    yield news.status if isinstance(news, News) else None
            yield None

    def act(
        self, action: Action | str, *targets: str, timeout: float = 20.0, strategy: str | None = None
    ) -> list[Outcome]:
        """Ask, and wait for an outcome of each target."""
        answers = self.steps(action, *targets, timeout=timeout, strategy=strategy)
        return [answer for answer in answers if isinstance(answer, Outcome)]

    def steps(
        self, action: Action | str, *targets: str, timeout: float = 20.0, strategy: str | None = None
    ) -> Iterator[Progress | Outcome]:
        """Ask, and pass on all that is told."""
        body = Act(Action(action), targets, self.node.name, timeout, strategy)
        return act(self._lines, [self.node], body, Tally(targets))


def pretty(status: ClusterStatus | None) -> str:
    """A status as indented JSON, for what is printed when a test fails."""
    if status is None:
        return "no status"
    return msgspec.json.format(msgspec.json.encode(status), indent=1).decode()


__all__ = ["Desk", "NoAnswerError", "pretty"]
