"""A question that any of several members can answer: who is asked, when, and who is waited for."""

from __future__ import annotations

import asyncio

import pytest

from tests.waiting import PATIENCE
from tuiconsole.coordination.etcd.asking import first_answer

SOON = 0.01
"""Seconds of patience with a member."""


class Members:
    """Each answers with its number (a slow one after another try), fails, or says nothing until the end."""

    def __init__(self, *say: str) -> None:
        self._say = say
        self.asked: list[int] = []
        self.given_up: list[int] = []
        self._another = asyncio.Event()

    async def ask(self, number: int) -> int:
        self.asked.append(number)
        if number:
            self._another.set()
        say = self._say[min(number, len(self._say) - 1)]
        if say == "fails":
            raise ConnectionError(f"member {number}")
        if say == "breaks":
            raise asyncio.CancelledError
        if say == "silent":
            try:
                await asyncio.Event().wait()
            finally:
                self.given_up.append(number)
        if say == "slow":
            await self._another.wait()
        return number


async def test_a_member_that_answers_is_the_only_one_that_is_asked() -> None:
    members = Members("answers", "answers")
    assert await first_answer(members.ask, 2, PATIENCE, PATIENCE) == (0, False)
    assert members.asked == [0]


async def test_who_says_nothing_is_not_waited_for_and_is_given_up_when_another_has_answered() -> None:
    members = Members("silent", "answers")
    assert await first_answer(members.ask, 2, SOON, PATIENCE) == (1, True)
    assert members.given_up == [0]


async def test_who_is_late_may_still_be_the_first_to_answer() -> None:
    members = Members("slow", "silent")
    assert await first_answer(members.ask, 2, SOON, PATIENCE) == (0, True)
    assert sorted(members.given_up) == sorted(members.asked[1:])


async def test_after_a_failure_the_next_one_is_asked_without_waiting() -> None:
    members = Members("fails", "breaks", "answers")
    assert await first_answer(members.ask, 3, PATIENCE, PATIENCE) == (2, True)


async def test_when_all_have_failed_nobody_waits_for_the_end_of_the_time() -> None:
    members = Members("fails")
    with pytest.raises(ConnectionError, match="member 1"):
        await first_answer(members.ask, 2, PATIENCE, PATIENCE)
    assert members.asked == [0, 1]
    with pytest.raises(ConnectionError, match="broken off"):
        await first_answer(Members("breaks").ask, 1, PATIENCE, PATIENCE)


async def test_members_that_all_say_nothing_are_tried_anew_and_all_given_up_at_the_end() -> None:
    """As after a cut: a new try has a new connection, and comes through as soon as the line is mended."""
    members = Members("silent")
    with pytest.raises(asyncio.TimeoutError):
        await first_answer(members.ask, 2, SOON, 10 * SOON)
    assert len(members.asked) > 2
    assert sorted(members.given_up) == members.asked
