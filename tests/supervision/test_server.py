"""No client can make supervisord wait: who does not read is cut, alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tuiconsole.supervision.plugin.ring import EventRing
from tuiconsole.supervision.plugin.server import CLIENTS_MAX, Client, LineServer, listen
from tuiconsole.supervision.plugin.wakeup import next_due


class Served:
    """A server whose main loop is the test."""

    def __init__(self, path: Path, **limits: int) -> None:
        self.lines: list[bytes] = []
        self.map: dict[int, Any] = {}
        self.path = str(path)
        self.listener = listen(self.path)
        self.server = LineServer(
            self.listener,
            lambda _, line: self.lines.append(line),
            lambda _: self.lines.append(b"?"),
            **limits,
        )
        self.server.attach(self.map)

    def connect(self) -> tuple[socket.socket, Client]:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(5)
        sock.connect(self.path)
        self.server.handle_read_event()
        client = self.server.clients[-1]
        client.follows = True
        return sock, client


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    home = Served(folder / "s", backlog_max=100_000, line_max=1000)
    yield home
    home.server.detach()
    home.listener.close()


def test_a_reader_that_stalls_is_cut_and_the_others_miss_nothing(served: Served) -> None:
    stalled, its_client = served.connect()
    reader, _ = served.connect()
    line = b"x" * 999 + b"\n"
    received = sent = 0
    while its_client.open:
        served.server.publish(line)
        sent += len(line)
        while received < sent:
            received += len(reader.recv(1 << 16))
        assert sent < 10_000_000, "never cut"
    assert served.server.counters.cut == 1
    assert len(served.server.clients) == 1
    served.server.publish(line)
    assert len(reader.recv(1 << 16)) == len(line)
    served.server.bury(None)
    got = 0
    while data := stalled.recv(1 << 16):
        got += len(data)
    assert got < sent, "what it did not take is gone with its connection"
    stalled.close()
    reader.close()


def test_a_slow_reader_gets_all_in_order(served: Served) -> None:
    sock, client = served.connect()
    lines: list[bytes] = []
    beyond = 0
    while beyond < 100:  # lines that the kernel does not take any more
        lines.append(b"%06d" % len(lines) + b"y" * 300 + b"\n")
        served.server.publish(lines[-1])
        beyond += client.writable()
    assert not client.readable(), "requests wait while answers do"
    received = b""
    while len(received) < sum(map(len, lines)):
        received += sock.recv(1 << 16)
        if client.writable():
            client.handle_write_event()
    assert received == b"".join(lines)
    assert client.readable()
    sock.close()


def test_lines_are_put_together_and_too_long_ones_skipped(served: Served) -> None:
    sock, client = served.connect()
    for part in (b"on", b"e\ntw", b"o\n", b"z" * 1500, b"z" * 1500, b"\nthree\n" + b"w" * 1001 + b"\nfour\n"):
        sock.sendall(part)
        client.handle_read_event()
    assert served.lines == [b"one", b"two", b"?", b"three", b"?", b"four"]
    assert served.server.counters.oversized == 2
    sock.close()
    client.handle_read_event()
    assert not client.open


def test_more_clients_than_allowed_are_turned_away(served: Served) -> None:
    socks = [served.connect()[0] for _ in range(CLIENTS_MAX + 1)]
    assert len(served.server.clients) == CLIENTS_MAX
    assert served.server.counters.turned_away == 1
    for sock in socks:
        sock.close()


def test_a_ring_that_has_lost_events_says_so() -> None:
    ring = EventRing(kept=3)
    for number in range(5):
        ring.append({"event": "process", "number": number})
    assert ring.since(1, ring.stream) is None
    assert len(ring.since(2, ring.stream) or ()) == 3
    assert ring.since(5, ring.stream) == []
    assert ring.since(6, ring.stream) is None
    assert ring.since(5, "another") is None


class Config:
    startsecs = 2


class Fake:
    """What `next_due` looks at."""

    config = Config()

    def __init__(self, state: int, laststart: float = 0.0, delay: float = 0.0) -> None:
        self.state, self.laststart, self.delay = state, laststart, delay


def test_the_loop_sleeps_until_the_next_thing_to_do_and_never_spins() -> None:
    starting, running, backoff, stopping = 10, 20, 30, 40
    assert next_due([Fake(running)], 100.0) is None
    assert next_due([Fake(starting, laststart=99.0)], 100.0) == pytest.approx(1.001)
    assert next_due([Fake(starting, laststart=99.0), Fake(stopping, delay=100.5)], 100.0) == pytest.approx(
        0.501
    )
    assert next_due([Fake(backoff, delay=99.99)], 100.0) == 0.0
    assert next_due([Fake(backoff, delay=99.0)], 100.0) is None, "stuck: the ordinary second must do"
