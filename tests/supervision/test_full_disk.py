"""A disk that fills up: nothing rests on what it did not take, and nothing is kept from being stopped."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supervision.supervision_house import House
from tuiconsole.clock import boottime
from tuiconsole.supervision import commands
from tuiconsole.supervision.events import Refused
from tuiconsole.supervision.plugin.standing import Managed, StandingOrders


@contextlib.contextmanager
def full(after: int, pid: int = 0) -> Iterator[None]:
    """No file of this process grows beyond so many bytes: the last write is cut short, the next one fails."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (after, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def orders(folder: Path) -> StandingOrders:
    return StandingOrders(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), str(folder))


def test_what_a_full_disk_does_not_take_is_not_known_and_what_it_had_is_still_there(tmp_path: Path) -> None:
    first = orders(tmp_path)
    first.see(3, 7)
    first.raise_floor("app", (3, 1))
    with full(80):
        for _ in range(2):  # what is said again is not taken for known
            with pytest.raises(OSError, match="large"):
                first.see(4, 8)
            with pytest.raises(OSError, match="large"):
                first.raise_floor("app", (3, 2))
            with pytest.raises(OSError, match="large"):
                first.govern("app:one", Managed("app", "KEEP"))
    assert (first.term, first.epoch, first.floor("app"), first.managed) == (3, 7, (3, 1), {})
    assert orders(tmp_path).floor("app") == (3, 1)
    first.raise_floor("app", (3, 2))
    second = orders(tmp_path)
    assert (second.term, second.epoch, second.floor("app")) == (3, 7, (3, 2))


async def test_a_full_disk_keeps_nothing_from_being_stopped_and_frees_no_token(house: House) -> None:
    house.configure()
    supervision = await house.up()
    house.lease(30)
    assert supervision.pids.supervisord
    await supervision.start_process(
        "a:a", grant="a", token=(1, 1), term=1, epoch=1, deadline=boottime() + 5, request_id="r1"
    )
    await house.state("a:a", "RUNNING")
    # Its own log and stderr are shorter than what it has to remember.
    many = [commands.Managed(f"some:program_{number}", "some") for number in range(2000)]
    await supervision.manage(many, term=1)
    with full(50_000, supervision.pids.supervisord):
        with pytest.raises(Refused, match="large"):
            await supervision.stop_process("a:a", term=2, epoch=1, request_id="r2", grant="a", floor=(1, 1))
        await house.state("a:a", "STOPPED")
        for _ in range(2):
            with pytest.raises(Refused, match="large"):
                await supervision.release("a", ["a:a"], floor=(1, 1), term=2, epoch=1)
    assert await supervision.release("a", ["a:a"], floor=(1, 1), term=2, epoch=1)
