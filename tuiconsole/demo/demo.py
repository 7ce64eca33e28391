"""The demo: six agents on three loopback addresses, for as long as it runs, and not a moment longer."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

import msgspec

from tuiconsole.client.oneshot import Lines, converse
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.demo.ending import Ending
from tuiconsole.demo.folder import PERSON, fresh_folder, prepare, remove
from tuiconsole.demo.guardian import Guardian
from tuiconsole.demo.keeper import Keeper
from tuiconsole.demo.ports import obstacle
from tuiconsole.demo.tagged import VARIABLE, kill_all, wait_gone
from tuiconsole.model.states import ApplicationState
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster import Cluster, ClusterNode
from tuiconsole.settings.run_dir import run_dir_of
from tuiconsole.wire.keys import load_keyring, load_pair
from tuiconsole.wire.replies import StatusIs
from tuiconsole.wire.requests import AskStatus

SERVERS = "scen2_srv_"
"""The applications that start by themselves."""
_ASK_EVERY = 0.1
_TELL_AFTER = 5.0
"""Seconds of waiting before it is told what is waited for, and between two such words."""
_CONSOLE_WITHIN = 10.0
"""Seconds the console waits for its agent; then it opens and shows what is."""
_GONE_WITHIN = 5.0
"""Seconds the last processes may take once the agents have left."""
_OWN_VARIABLES = ("TUICONSOLE_NODE", "TUICONSOLE_CONFIG", "TUICONSOLE_KEY", "TUICONSOLE_INSTANCE")


class DemoError(Exception):
    """The demo cannot run; `str()` is one line with the remedy."""


class EndedEarly(SystemExit):
    """A signal that ends the console. asyncio lets only SystemExit and KeyboardInterrupt end its loop."""


class Voice(msgspec.Struct, frozen=True):
    """How the demo talks: results, words about them, and words for whoever looks on."""

    result: Callable[[str], None]
    word: Callable[[str], None]


def run_demo(folder: Path | None, voice: Voice, console: Callable[[Cluster, str, str], int] | None) -> int:
    """Run the cluster until the console is quit, or until SIGINT or SIGTERM; returns the exit code.

    Args:
        folder: where to run, kept afterwards; None for a fresh one that is removed at the end.
        voice: to talk with.
        console: shows the console of (cluster, node, key file); None for headless.

    Raises:
        SourceError: the folder cannot be used.
        DemoError: an address is in use, or SCEN2_WAIT is no number.
    """
    _check_wait(os.environ.get("SCEN2_WAIT", "1"))
    own = [fresh_folder()] if folder is None else []
    with contextlib.closing(Ending()) as stop, _signals(stop):
        try:
            cluster = prepare(folder or own[0])
            trouble = obstacle(cluster)
            if trouble:
                raise DemoError(trouble)
            tag = secrets.token_hex(8)
            guardian = Guardian(tag, own, [run_dir_of(cluster, name) for name in cluster.nodes])
            try:
                return _run(cluster, tag, voice, console, stop)
            finally:
                guardian.let_go()
        finally:
            remove(own)


def _run(
    cluster: Cluster,
    tag: str,
    voice: Voice,
    console: Callable[[Cluster, str, str], int] | None,
    stop: Ending,
) -> int:
    trouble = voice.word
    if console is not None:
        # While the console has the screen, words belong into the agents' logs, where they stand already.
        trouble = _Mute(voice.word)
    logs = cluster.file.parent / "log"
    keeper = Keeper(cluster, _environment(cluster, tag), logs, trouble, shut_down=stop.ask)
    try:
        keeper.start()
        if console is None:
            if _wait(cluster, stop, voice, lambda status: not _missing(status)):
                voice.result(f"ready {cluster.file}")
            stop.wait()
            return 0
        _wait(cluster, stop, voice, lambda status: status.observer == "console_1", _CONSOLE_WITHIN)
        if stop.asked:
            return 0
        assert isinstance(trouble, _Mute)
        trouble.muted = True
        with _raising():
            return console(cluster, "console_1", str(_key(cluster)))
    except EndedEarly:
        return 0
    finally:
        _end(keeper, tag)


def _end(keeper: Keeper, tag: str) -> None:
    """Leave cleanly, then make sure."""
    keeper.stop()
    wait_gone(tag, _GONE_WITHIN)
    left = kill_all(tag)
    if left:
        raise DemoError(f"the kernel holds {len(left)} processes of the demo: {left}")


class _Mute:
    """Words that nobody hears once the console is open."""

    def __init__(self, word: Callable[[str], None]) -> None:
        self._word = word
        self.muted = False

    def __call__(self, text: str) -> None:
        if not self.muted:
            self._word(text)


def _environment(cluster: Cluster, tag: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _OWN_VARIABLES}
    environment[VARIABLE] = tag
    environment["SCEN2_WITNESS"] = str(cluster.file.parent / "witness")
    return environment


def _key(cluster: Cluster) -> Path:
    return cluster.keys / "private" / f"{PERSON}.key_secret"


def _check_wait(text: str) -> None:
    try:
        good = 0 <= float(text) <= 60
    except ValueError:
        good = False
    if not good:
        raise DemoError(f"SCEN2_WAIT={text!r} is no number of seconds; give 0 to 60")


def _missing(status: ClusterStatus) -> list[str]:
    """What is not yet as it should be at the start, in words."""
    servers = [one for one in status.applications if one.name.startswith(SERVERS)]
    if not servers:
        return [f"{SERVERS}01 to 03 to be known"]
    return [
        f"{one.name} ({one.state.value}{f', {one.reason}' if one.reason else ''})"
        for one in servers
        if one.state is not ApplicationState.RUNNING
    ]


def _wait(
    cluster: Cluster,
    stop: Ending,
    voice: Voice,
    good: Callable[[ClusterStatus], bool],
    within: float = float("inf"),
) -> bool:
    """Until a status is good; False if it is not within `within` seconds, or a signal came."""
    nodes = [cluster.nodes["console_1"], *cluster.nodes.values()]
    began = told = time.monotonic()
    with contextlib.closing(Lines(load_pair(_key(cluster)), load_keyring(cluster.keys))) as lines:
        while not stop.asked and time.monotonic() - began < within:
            status = _status(lines, nodes)
            if status is not None and good(status):
                return True
            if time.monotonic() - told >= _TELL_AFTER:
                told = time.monotonic()
                what = _missing(status) or ["console_1"] if status else ["an agent to answer"]
                voice.word(f"waiting {told - began:.0f} s for {', '.join(what)}")
            stop.wait(_ASK_EVERY)
    return False


def _status(lines: Lines, nodes: Sequence[ClusterNode]) -> ClusterStatus | None:
    with contextlib.suppress(NoAnswerError):
        for body in converse(lines, nodes, AskStatus()):
            if isinstance(body, StatusIs):
                return body.status
    return None


@contextlib.contextmanager
def _signals(stop: Ending) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP ask for the end, at any moment."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.ask()

    with _handled(ask):
        yield


@contextlib.contextmanager
def _raising() -> Iterator[None]:
    """Let them end the console, which has no eye on anything else."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise EndedEarly

    with _handled(end):
        yield


@contextlib.contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)
