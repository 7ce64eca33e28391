"""The glyph, the word and the tone of every state and LED.

Glyphs are one cell wide in every common font and have no emoji form. Each state is told by its word even
where a terminal has neither colours nor these glyphs.
"""

from __future__ import annotations

import msgspec

from tuiconsole.console.rows.line import Span, Tone
from tuiconsole.model.alarms import AlarmState, Priority
from tuiconsole.model.events import Severity
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState, ProcessState
from tuiconsole.model.status import ApplicationStatus, ProcessStatus

MASTER = "★"
MAJOR = "●"
MAJOR_DARK = "○"
MINOR = "▲"
MINOR_DARK = "△"
CHOSEN = "›"
"""The part of an item that keys are about."""
MARKED = "◆"
"""A row that is marked."""


class Mark(msgspec.Struct, frozen=True):
    """How one state looks."""

    glyph: str
    word: str
    tone: Tone

    @property
    def text(self) -> str:
        """Glyph and word."""
        return f"{self.glyph} {self.word}"


_APPLICATION = {
    ApplicationState.STOPPED: Mark("□", "STOPPED", Tone.STOPPED),
    ApplicationState.STARTING: Mark("◐", "STARTING", Tone.MOVING),
    ApplicationState.RUNNING: Mark("►", "RUNNING", Tone.RUNNING),
    ApplicationState.STOPPING: Mark("◑", "STOPPING", Tone.MOVING),
}

_PROCESS = {
    ProcessState.STOPPED: Mark("□", "STOPPED", Tone.STOPPED),
    ProcessState.STARTING: Mark("◐", "STARTING", Tone.MOVING),
    ProcessState.RUNNING: Mark("►", "RUNNING", Tone.RUNNING),
    ProcessState.BACKOFF: Mark("↻", "BACKOFF", Tone.MINOR),
    ProcessState.STOPPING: Mark("◑", "STOPPING", Tone.MOVING),
    ProcessState.EXITED: Mark("✓", "EXITED", Tone.STOPPED),
    ProcessState.FATAL: Mark("✗", "FATAL", Tone.MINOR),
    ProcessState.UNKNOWN: Mark("?", "UNKNOWN", Tone.MINOR),
}

_NODE = {
    NodeState.STOPPED: Mark("□", "STOPPED", Tone.STOPPED),
    NodeState.CHECKING: Mark("◐", "CHECKING", Tone.MOVING),
    NodeState.RUNNING: Mark("►", "RUNNING", Tone.RUNNING),
    NodeState.ISOLATED: Mark("◇", "ISOLATED", Tone.MINOR),
    NodeState.FAILED: Mark("✗", "FAILED", Tone.MAJOR),
}

_PRIORITY = {
    Priority.HIGH: Mark(MAJOR, "HIGH", Tone.MAJOR),
    Priority.MEDIUM: Mark(MINOR, "medium", Tone.MINOR),
    Priority.LOW: Mark("▼", "low", Tone.ACCENT),
}

_BADGE = {
    Priority.HIGH: Tone.MAJOR_BADGE,
    Priority.MEDIUM: Tone.MINOR_BADGE,
    Priority.LOW: Tone.BADGE,
}

_ALARM_STATE = {
    AlarmState.UNACKNOWLEDGED: "NEW",
    AlarmState.ACKNOWLEDGED: "seen",
    AlarmState.RETURNED: "GONE",
    AlarmState.SHELVED: "shelved",
    AlarmState.OUT_OF_SERVICE: "off",
}

_SEVERITY = {
    Severity.INFO: Mark("·", "info", Tone.DIM),
    Severity.MINOR: Mark(MINOR, "minor", Tone.MINOR),
    Severity.MAJOR: Mark(MAJOR, "MAJOR", Tone.MAJOR),
}


def application_mark(application: ApplicationStatus) -> Mark:
    """How an application's state looks; its failures are told by its LEDs."""
    return _APPLICATION[application.state]


def process_mark(process: ProcessStatus) -> Mark:
    """How a process's state looks; one that failed takes the tone of its LED."""
    mark = _PROCESS[process.state]
    if process.state is ProcessState.EXITED and not process.expected_exit:
        mark = Mark("⊘", mark.word, Tone.MINOR)
    if process.stale:
        return Mark(mark.glyph, f"{mark.word}?", Tone.STALE)
    if process.major_failure:
        return Mark(mark.glyph, mark.word, Tone.MAJOR)
    if process.minor_failure:
        return Mark(mark.glyph, mark.word, Tone.MINOR)
    return mark


def node_mark(state: NodeState, *, stale: bool = False) -> Mark:
    """How a node's state looks."""
    mark = _NODE[state]
    return Mark(mark.glyph, f"{mark.word}?", Tone.STALE) if stale else mark


def cluster_mark(state: ClusterState) -> Mark:
    """How the cluster's state looks."""
    if state is ClusterState.OPERATION:
        return Mark("►", state.value, Tone.RUNNING)
    if state is ClusterState.CONCILIATION:
        return Mark(MINOR, state.value, Tone.MINOR)
    return Mark("◐", state.value, Tone.MOVING)


def state_mark(state: ProcessState) -> Mark:
    """How a process's state looks, failures apart."""
    return _PROCESS[state]


def severity_mark(severity: Severity) -> Mark:
    """How an event's severity looks."""
    return _SEVERITY[severity]


def priority_mark(priority: Priority) -> Mark:
    """How an alarm's priority looks."""
    return _PRIORITY[priority]


def badge(priority: Priority) -> Tone:
    """The bright half of the blinking of an alarm that nobody has acknowledged."""
    return _BADGE[priority]


def alarm_state_word(state: AlarmState) -> str:
    """Where an alarm stands, in a word; what waits for somebody is in capitals."""
    return _ALARM_STATE[state]


def major_led(lit: bool, *, words: bool = True) -> Span:
    """The LED of a major failure; dark when there is none."""
    if not lit:
        return Span(MAJOR_DARK, Tone.DIM)
    return Span(f"{MAJOR} MAJOR" if words else MAJOR, Tone.MAJOR)


def minor_led(lit: bool, *, words: bool = True) -> Span:
    """The LED of a minor failure; dark when there is none."""
    if not lit:
        return Span(MINOR_DARK, Tone.DIM)
    return Span(f"{MINOR} minor" if words else MINOR, Tone.MINOR)
