"""The demo's parts: its folder, its ports, its keeper, and what ends with it even when it is killed."""

from __future__ import annotations

import fcntl
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import until
from tuiconsole.demo import keeper as keeping
from tuiconsole.demo.demo import DemoError, Voice, run_demo
from tuiconsole.demo.folder import fresh_folder, prepare, scenario_folder
from tuiconsole.demo.guardian import Guardian, in_use
from tuiconsole.demo.keeper import Keeper, agent_command
from tuiconsole.demo.ports import addresses, obstacle
from tuiconsole.demo.tagged import VARIABLE, kill_all, tagged, wait_gone
from tuiconsole.model.node import HANDED_OVER
from tuiconsole.source.errors import SourceError

PATIENCE = 15.0
SLEEPER = [sys.executable, "-S", "-c", "import time; print('up', flush=True); time.sleep(600)"]


@pytest.fixture
def place() -> Iterator[Path]:
    folder = fresh_folder()
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.fixture
def tag() -> Iterator[str]:
    made = secrets.token_hex(8)
    yield made
    kill_all(made)


def test_the_folder_holds_scenario_2_with_keys_and_is_used_again(place: Path) -> None:
    cluster = prepare(place)
    assert list(cluster.nodes) == ["server_1", "server_2", "server_3", "console_1", "console_2", "console_3"]
    assert cluster.node("server_1").supervisord.is_file()
    secret = (place / "keys" / "private" / "operator.key_secret").read_bytes()
    (place / "tuiconsole.toml").write_text(
        (place / "tuiconsole.toml").read_text().replace("127.0.0.", "127.0.9.")
    )
    assert prepare(place).node("server_1").host == "127.0.9.11"
    assert (place / "keys" / "private" / "operator.key_secret").read_bytes() == secret


def test_nothing_of_a_cluster_that_ran_in_the_scenarios_own_folder_is_copied(place: Path) -> None:
    prepare(place)
    assert not (place / "state").exists()
    assert (scenario_folder() / "tuiconsole.toml").is_file()


def test_a_folder_of_something_else_is_left_alone() -> None:
    with tempfile.TemporaryDirectory() as name:  # its path is short enough for sockets
        (Path(name) / "thesis.txt").write_text("precious")
        with pytest.raises(SourceError, match="something else than a demo"):
            prepare(Path(name))
        assert [path.name for path in Path(name).iterdir()] == ["thesis.txt"]


def test_a_path_too_long_for_sockets_is_refused_with_the_limit(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="66 are allowed"):
        prepare(tmp_path / ("x" * 80))


def test_a_port_in_use_names_the_port_and_its_holder(place: Path) -> None:
    prepare(place)
    file = place / "tuiconsole.toml"
    file.write_text(file.read_text().replace("127.0.0.", "127.0.9."))
    cluster = prepare(place)
    assert obstacle(cluster) == ""
    with socket.socket() as taken:
        taken.bind(("127.0.9.12", 61101))
        taken.listen()
        words = obstacle(cluster)
    assert words.startswith("127.0.9.12, port 61101 is in use by process")
    assert str(os.getpid()) in words


def test_the_ports_of_agents_buses_and_items_are_all_looked_at(place: Path) -> None:
    found = list(addresses(prepare(place)))
    assert {
        ("127.0.0.11", 61102),
        ("127.0.0.13", 61191),
        ("127.0.0.12", 61203),
        ("127.0.0.11", 61301),
    } <= set(found)
    assert len(found) == len(set(found)) == 6 * (3 + 1 + 3)


@pytest.mark.parametrize("text", ["soon", "-1", "61", "nan"])
def test_a_wrong_wait_is_refused_before_anything_starts(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCEN2_WAIT", text)
    with pytest.raises(DemoError, match="give 0 to 60"):
        run_demo(None, Voice(print, print), None)


class Watched:
    """A keeper of sleepers in place of agents, and what it told."""

    def __init__(self, place: Path, tag: str, script: str = "") -> None:
        self.cluster = prepare(place)
        self.told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.tag = tag
        command = [sys.executable, "-S", "-c", script] if script else SLEEPER
        self.keeper = Keeper(
            self.cluster,
            {**os.environ, VARIABLE: tag},
            place / "log",
            self.told.put,
            lambda _cluster, _node: command,
        )


def test_a_killed_agent_is_back_and_nothing_is_told(place: Path, tag: str) -> None:
    watched = Watched(place, tag)
    watched.keeper.start()
    try:
        until(lambda: len(tagged(tag)) == 6)
        before = set(tagged(tag))
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(set(tagged(tag)) - before) == 1)
        assert watched.told.empty()
    finally:
        watched.keeper.stop()
    assert tagged(tag) == []


def test_an_agent_that_fails_at_once_is_told_and_tried_later_and_later(
    place: Path, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PAUSE", 0.05)
    watched = Watched(place, tag, "import sys; print('no supervisord.conf', file=sys.stderr); sys.exit(1)")
    watched.keeper.start()
    try:
        told = [watched.told.get(timeout=PATIENCE) for _ in range(18)]
    finally:
        watched.keeper.stop()
    assert "server_1 ended with 1: no supervisord.conf" in " ".join(told)


def test_an_agent_that_leaves_cleanly_stays_away(place: Path, tag: str) -> None:
    watched = Watched(place, tag, "")
    watched.keeper._command = lambda _cluster, node: (
        [sys.executable, "-S", "-c", "pass"] if node == "server_2" else SLEEPER
    )
    watched.keeper.start()
    try:
        told = watched.told.get(timeout=PATIENCE)
        assert "server_2 has left; `tuiconsole agent --node server_2" in told
        until(lambda: len(tagged(tag)) == 5)
    finally:
        watched.keeper.stop()


def test_an_agent_that_hands_over_is_followed_at_once_and_complained_of_never(place: Path, tag: str) -> None:
    watched = Watched(place, tag)
    mark = place / "handed_over"
    first = f"import os, sys; os.mkdir({str(mark)!r}); sys.exit({HANDED_OVER})"
    watched.keeper._command = lambda _cluster, node: (
        [sys.executable, "-S", "-c", first] if node == "server_2" and not mark.exists() else SLEEPER
    )
    watched.keeper.start()
    try:
        until(lambda: mark.exists() and len(tagged(tag)) == 6)
    finally:
        watched.keeper.stop()
    assert watched.told.empty()


def test_ps_shows_every_agent_under_the_same_words(place: Path) -> None:
    words = " ".join(agent_command(prepare(place), "server_1"))
    assert "tuiconsole agent --node server_1" in words


def sleeper(tag: str) -> subprocess.Popen[bytes]:
    """A process that bears the tag and, like a daemon, has left its session."""
    process = subprocess.Popen(
        SLEEPER, env={**os.environ, VARIABLE: tag}, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


def test_only_what_bears_the_tag_is_killed(tag: str) -> None:
    ours, theirs = sleeper(tag), sleeper(tag + "0")
    try:
        assert tagged(tag) == [ours.pid]
        assert kill_all(tag) == []
        assert ours.wait(PATIENCE) == -signal.SIGKILL
        assert theirs.poll() is None
    finally:
        theirs.kill()
        theirs.wait()


def test_the_guardian_ends_what_a_killed_demo_leaves(tag: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "run" / "server_1").mkdir(parents=True)
    program = (
        "import sys, time; from pathlib import Path; from tuiconsole.demo.guardian import Guardian;"
        "g = Guardian(sys.argv[1], [Path(sys.argv[2])], [Path(sys.argv[3])]);"
        "print('up', flush=True); time.sleep(600)"
    )
    demo = subprocess.Popen(
        [sys.executable, "-c", program, tag, str(tmp_path / "folder"), str(tmp_path / "run" / "server_1")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert demo.stdout is not None
    with demo.stdout:
        demo.stdout.readline()
    left = sleeper(tag)
    demo.kill()
    # The guardian has the demo's stderr too: when that is closed, both have ended.
    _, complaints = demo.communicate(timeout=PATIENCE)
    assert complaints == b""
    assert left.wait(PATIENCE) == -signal.SIGKILL
    assert not (tmp_path / "folder").exists()
    assert not (tmp_path / "run").exists()


def test_the_guardian_leaves_the_run_directory_of_a_living_shim(tag: str, tmp_path: Path) -> None:
    run_dir = tmp_path / "run" / "server_1"
    run_dir.mkdir(parents=True)
    with (run_dir / "shim.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert in_use(run_dir)
        Guardian(tag, [], [run_dir]).let_go()
        assert run_dir.is_dir()
    assert not in_use(run_dir)
    Guardian(tag, [], [run_dir]).let_go()
    assert not run_dir.exists()


def test_waiting_for_the_end_ends_with_the_end(tag: str) -> None:
    process = sleeper(tag)
    assert not wait_gone(tag, 0.05)
    threading.Timer(0.1, process.kill).start()
    assert wait_gone(tag, PATIENCE)
    process.wait()
