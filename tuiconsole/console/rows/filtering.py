"""The filter of a list: words that must all be found in what a row says."""

from __future__ import annotations

from tuiconsole.model.alarms import AlarmStatus
from tuiconsole.model.events import Event
from tuiconsole.model.status import ApplicationStatus, NodeStatus, ProcessStatus


class Filter:
    """Words, separated by blanks, found anywhere in names, states, nodes and LEDs, in any case.

    `major` and `minor` find what has that failure. An empty filter lets everything pass.
    """

    def __init__(self, text: str = "") -> None:
        self.text = " ".join(text.split())
        self._words = self.text.casefold().split()

    def __bool__(self) -> bool:
        return bool(self._words)

    def application(self, application: ApplicationStatus) -> bool:
        """True if the application itself has all words."""
        return self._found(
            application.name,
            application.state.value,
            *application.nodes,
            "" if application.managed else "unmanaged",
            "major" if application.major_failure else "",
            "minor" if application.minor_failure else "",
        )

    def process(self, process: ProcessStatus) -> bool:
        """True if the process has all words."""
        return self._found(
            process.namespec,
            process.state.value,
            *process.nodes,
            "major" if process.major_failure else "",
            "minor" if process.minor_failure else "",
        )

    def node(self, node: NodeStatus) -> bool:
        """True if the node has all words."""
        return self._found(
            node.name, node.state.value, node.host, *node.tags, node.reason or "", "core" if node.core else ""
        )

    def event(self, event: Event) -> bool:
        """True if the event has all words."""
        return self._found(event.subject, event.text, event.node, event.kind, event.severity.value)

    def alarm(self, alarm: AlarmStatus) -> bool:
        """True if the alarm has all words."""
        return self._found(
            alarm.id,
            alarm.title,
            alarm.cause,
            alarm.priority.value,
            alarm.state.value,
            "new" if alarm.state.open else "seen",
            *alarm.consequences,
        )

    def _found(self, *texts: str) -> bool:
        if not self._words:
            return True
        haystack = "\n".join(texts).casefold()
        return all(word in haystack for word in self._words)
