"""Starts the agents and starts again the ones that die, as systemd would with Restart=on-failure."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tuiconsole.model.node import HANDED_OVER, SHUT_DOWN
from tuiconsole.settings.cluster import Cluster

PAUSE = 0.2
"""Seconds before a dead agent is started again."""
LONGEST_PAUSE = 5.0
_QUICK = 2.0
"""Seconds: an agent that ends by itself sooner has something wrong, and is started later and later."""
_CLEAN_LEAVE_WITHIN = 15.0


class _Agent:
    """One agent's process over its lives."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.process: subprocess.Popen[bytes] | None = None
        self.pidfd = -1
        self.began = 0.0
        self.due = 0.0
        self.pause = PAUSE
        self.left = False


class Keeper:
    """The agents of one cluster on this machine.

    Args:
        cluster: whose nodes are all of this machine.
        environment: of the agents.
        logs: folder; the output of each agent goes to NODE.log.
        tell: is called, in any thread, with words about agents that die.
        command: the command line of a node's agent, from cluster and name.
        shut_down: is called, in any thread, when all agents have left because the system was shut down.
    """

    def __init__(
        self,
        cluster: Cluster,
        environment: Mapping[str, str],
        logs: Path,
        tell: Callable[[str], None],
        command: Callable[[Cluster, str], list[str]] | None = None,
        shut_down: Callable[[], None] | None = None,
    ) -> None:
        self._cluster = cluster
        self._environment = dict(environment)
        self._logs = logs
        self._tell = tell
        self._command = command or agent_command
        self._shut_down = shut_down
        self._agents = [_Agent(name) for name in cluster.nodes]
        self._stopping = threading.Event()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        """Start all agents; from then on they are kept alive."""
        for agent in self._agents:
            self._launch(agent)
        self._thread.start()

    def stop(self, within: float = _CLEAN_LEAVE_WITHIN) -> None:
        """Let all agents leave cleanly; kills the ones that take longer than `within` seconds."""
        self._stopping.set()
        os.write(self._wake_write, b"s")
        if self._thread.is_alive():
            self._thread.join()
        living = [agent.process for agent in self._agents if agent.process is not None]
        for process in living:
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + within
        for process in living:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
        for process in living:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _launch(self, agent: _Agent) -> None:
        log = os.open(
            self._logs / f"{agent.node}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        try:
            agent.process = subprocess.Popen(
                self._command(self._cluster, agent.node),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._cluster.file.parent,
                start_new_session=True,
            )
        finally:
            os.close(log)
        agent.pidfd = os.pidfd_open(agent.process.pid)
        agent.began = time.monotonic()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            poller = select.poll()
            poller.register(self._wake_read, select.POLLIN)
            for agent in self._agents:
                if agent.process is not None:
                    poller.register(agent.pidfd, select.POLLIN)
            waiting = [agent for agent in self._agents if agent.process is None and not agent.left]
            now = time.monotonic()
            poller.poll(max(0.0, min(agent.due for agent in waiting) - now) * 1000 if waiting else None)
            if self._stopping.is_set():
                return
            for agent in self._agents:
                if agent.process is not None and agent.process.poll() is not None:
                    self._ended(agent, agent.process.returncode)
                elif agent.process is None and not agent.left and time.monotonic() >= agent.due:
                    self._launch_again(agent)

    def _launch_again(self, agent: _Agent) -> None:
        try:
            self._launch(agent)
        except OSError as error:
            agent.due = time.monotonic() + LONGEST_PAUSE
            self._tell(f"the agent of {agent.node} cannot be started: {error.strerror}; tried again")

    def _ended(self, agent: _Agent, status: int) -> None:
        os.close(agent.pidfd)
        agent.process = None
        now = time.monotonic()
        if status == 0:
            agent.left = True
            back = f"tuiconsole agent --node {agent.node} -c {self._cluster.file}"
            self._tell(f"{agent.node} has left; `{back}` brings it back")
            return
        if status == SHUT_DOWN:
            agent.left = True
            self._tell(f"{agent.node} has left: the system was shut down")
            if self._shut_down is not None and all(one.left for one in self._agents):
                self._shut_down()
            return
        if status == HANDED_OVER:
            # At once: what it ran goes on under a lease that only the next agent renews.
            agent.due = now
            return
        quick = status > 0 and now - agent.began < _QUICK
        agent.pause = min(agent.pause * 2, LONGEST_PAUSE) if quick else PAUSE
        agent.due = now + (agent.pause if quick else PAUSE)
        if status > 0:
            log = self._logs / f"{agent.node}.log"
            self._tell(f"the agent of {agent.node} ended with {status}: {last_line(log)} (see {log})")


def agent_command(cluster: Cluster, node: str) -> list[str]:
    """The agent's command line, in the form that `ps` shows for every agent."""
    return [sys.executable, "-m", "tuiconsole", "agent", "--node", node, "-c", str(cluster.file)]


def last_line(log: Path) -> str:
    """What an agent said last."""
    with contextlib.suppress(OSError):
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        if lines:
            return lines[-1].strip()
    return "it said nothing"
