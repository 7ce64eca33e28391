"""What is painted again in place: no flicker, nothing spilled, the terminal left as it was, dying agents."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.client.fake_agent import Town, application, shows_status
from tuiconsole.cli.frames import frame

PATIENCE = 20.0
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"


class Screen:
    """A terminal with the command on it."""

    def __init__(self, town: Town, *words: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 6, 60, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tuiconsole", *words],
            env={**os.environ, "TUICONSOLE_CONFIG": str(town.file)},
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        self.slave = slave
        self.text = ""

    def sees(self, words: str) -> None:
        end = time.monotonic() + PATIENCE
        while words not in self.text:
            ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"never came: {words!r} in {self.text!r}"
            self.text += os.read(self.master, 65536).decode()

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        while select.select([self.master], [], [], 0.1)[0]:
            self.text += os.read(self.master, 65536).decode()
        return code


@contextmanager
def screen(town: Town, *words: str) -> Iterator[Screen]:
    found = Screen(town, *words)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.wait()
        os.close(found.master)
        os.close(found.slave)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_terminal_is_left_as_it_was_with_the_last_state(
    town: Town, number: signal.Signals, code: int
) -> None:
    town.agent("server_1")
    with screen(town, "status", "--watch") as one:
        one.sees("scen2_srv_01")
        assert ENTER in one.text
        assert "\x1b[2J" not in one.text, "nothing is erased before it is painted over"
        assert one.end(number) == code
        behind = one.text.partition(LEAVE)[2]
        assert "scen2_srv_01  RUNNING" in behind
        assert "\x1b" not in behind
        assert termios.tcgetattr(one.slave) == one.before
        assert "Traceback" not in one.text


@pytest.mark.parametrize("words", [("status", "--watch"), ("top",), ("jobs", "--watch")])
def test_it_goes_on_with_another_agent_and_says_on_the_screen_what_is_old(
    town: Town, words: tuple[str, ...]
) -> None:
    first = town.agent("server_1", shows_status("server_1", application("scen2_srv_01")))
    with screen(town, *words) as one:
        one.sees("tale OPERATION")
        town.die(first)
        one.sees("OLD: ")
        seen = len(one.text)
        town.agent("server_2", shows_status("server_2", application("scen2_srv_02")))
        one.text = one.text[seen:]
        one.sees("tale OPERATION")
        assert one.end(signal.SIGINT) == 130


def test_a_frame_paints_over_what_was_there_and_scrolls_nothing_away() -> None:
    painted = frame(["head", "a" * 30, "b", "c"], 10, 3)
    assert painted.startswith("\x1b[?2026h\x1b[H")
    lines = re.sub(r"\x1b\[[?0-9]*[a-zA-Z]", "", painted).split("\r\n")
    assert lines == ["head", "aaaaaaaaa…", "… and 2 m…"]
    assert not painted.removesuffix("\x1b[J\x1b[?2026l").endswith("\n")


def test_a_frame_lets_no_control_characters_through() -> None:
    assert "\x1b[31m" not in frame(["\x1b[31mred"], 80, 24)
