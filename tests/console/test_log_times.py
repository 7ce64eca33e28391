"""Going to a time in a log: what is typed, what lines bear, and what is there when they bear nothing."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuiconsole.console.rows.log_times import line_at, times_of, wanted_time
from tuiconsole.console.screens.logs import LogScreen
from tuiconsole.source.pattern import PatternError

from .conftest import NOON, Console, Operator
from .fake_session import FakeSession

BUS = "scen2_hci_02:scen2_internal_data_bus"
CHECK = "scen2_hci_02:scen2_sensor_view"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("11:30", "2026-11-23T11:30:00"),
        ("9:05:07", "2026-11-23T09:05:07"),
        ("23:59", "2026-11-22T23:59:00"),
        ("2026-11-20 14:30", "2026-11-20T14:30:00"),
        ("5m", "2026-11-23T12:00:00"),
        ("-90s", "2026-11-23T12:03:30"),
        ("2d", "2026-11-21T12:05:00"),
    ],
)
def test_a_time_is_understood_as_the_last_one_that_has_been(text: str, moment: str) -> None:
    assert wanted_time(text, NOON) == datetime.fromisoformat(moment + "+00:00")


@given(st.text(max_size=20))
def test_whatever_else_is_typed_is_refused(text: str) -> None:
    with contextlib.suppress(PatternError):
        assert wanted_time(text, NOON) <= NOON or "-" in text


def test_lines_count_from_what_they_say_else_from_when_they_came_else_from_the_line_before() -> None:
    lines = ["began", "2026-11-23 11:59:58,120 WARN late", "Traceback", "at 12:01:00 all is well", "no time"]
    came = [None, None, None, None, (NOON - timedelta(minutes=1)).timestamp()]
    told = [moment and f"{moment:%H:%M:%S}" for moment in times_of(lines, came, NOON)]
    assert told == [None, "11:59:58", "11:59:58", "12:01:00", "12:04:00"]


def test_times_of_day_go_back_over_midnight_and_zones_are_heeded() -> None:
    lines = ["23:59:59 old", "00:00:01 new", "2026-11-23T13:05:00+01:00 newest"]
    times = times_of(lines, [None] * 3, NOON)
    assert [f"{moment:%d %H:%M:%S}" for moment in times if moment] == [
        "22 23:59:59",
        "23 00:00:01",
        "23 12:05:00",
    ]


@given(st.lists(st.text(alphabet="0123456789:-T Z+.", max_size=30), max_size=8))
def test_no_line_is_too_odd(lines: list[str]) -> None:
    times = times_of(lines, [None] * len(lines), NOON)
    at = line_at(times, NOON - timedelta(hours=1))
    assert at is None or 0 <= at < len(lines)


async def at_logs(operator: Operator, *rows: str) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("enter")
    for row in rows:
        await operator.on(row)
        await operator.press("space")
    await operator.press("l")
    await operator.until(lambda: isinstance(operator.app.screen, LogScreen), "the log")


async def test_at_goes_to_a_time_in_every_pane_holds_there_and_f_follows_again(console: Console) -> None:
    session = FakeSession()
    for namespec in (BUS, CHECK):
        minutes = "".join(f"2026-11-23 11:{minute:02d}:00 minute {minute}\n" for minute in range(60))
        session.append(namespec, minutes)
    async with console(session, size=(120, 20)) as operator:
        await at_logs(operator, BUS, CHECK)
        await operator.sees("minute 59")
        await operator.press("at", *"11:20", "enter")
        await operator.sees("@ 2026-11-23 11:20:00")
        await operator.sees("◌ held")
        assert operator.text().count("minute 20") == 2
        await operator.press("at", *"3m", "enter")
        await operator.sees("this is the last line")
        await operator.press("at", *"soon", "enter")
        await operator.sees("is no time")
        await operator.press("f")
        await operator.sees("● following")


async def test_a_log_without_times_says_so(console: Console) -> None:
    session = FakeSession()
    session.append(BUS, "one\ntwo\n")
    async with console(session) as operator:
        await at_logs(operator, BUS)
        await operator.sees("two")
        await operator.press("colon", *"goto_time 11:20", "enter")
        await operator.sees("no line bears a time")
