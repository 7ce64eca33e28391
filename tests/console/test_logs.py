"""Reading logs: search, wrap, hold, save; whatever is written into them."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuiconsole.console.rows.line import text_of
from tuiconsole.console.rows.log_lines import (
    LogLines,
    TooLongError,
    breaks,
    next_match,
    piece_line,
    search_pattern,
)
from tuiconsole.console.screens.logs import LogScreen
from tuiconsole.console.widgets.details.log_view import LogView
from tuiconsole.source.pattern import PatternError

from .conftest import Console, Operator
from .fake_session import FakeSession

BUS = "scen2_hci_02:scen2_internal_data_bus"


@given(text=st.text(alphabet="ab\n", max_size=60), cuts=st.lists(st.integers(0, 60), max_size=6))
def test_a_log_has_the_same_lines_however_it_is_cut(text: str, cuts: list[int]) -> None:
    whole, pieces = LogLines(), LogLines()
    whole.feed(text)
    places = sorted({0, len(text), *(cut for cut in cuts if cut <= len(text))})
    for first, last in itertools.pairwise(places):
        pieces.feed(text[first:last])
    assert pieces.lines == whole.lines == (text.removesuffix("\n").split("\n") if text else [])


def test_merged_logs_name_their_source_and_mix_no_lines() -> None:
    log = LogLines()
    log.feed("one ", "a")
    log.feed("two\n", "b")
    log.feed("more\n", "a")
    assert log.lines == ["a │ one ", "b │ two", "a │ more"]


def test_old_lines_go_when_there_are_too_many() -> None:
    log = LogLines(100)
    for number in range(250):
        log.feed(f"{number}\n")
    assert len(log.lines) <= 100
    assert log.lines[-1] == "249"
    assert log.dropped + len(log.lines) == 250


@given(st.text(max_size=80), st.integers(2, 20))
def test_a_wrapped_line_loses_no_character(line: str, width: int) -> None:
    pieces = breaks(line, width)
    assert "".join(line[first:last] for first, last in pieces) == line


def test_a_search_goes_round_in_both_directions_and_ignores_case_without_capitals() -> None:
    lines = ["Error one", "fine", "an error", "fine"]
    pattern = search_pattern("error")
    assert next_match(lines, pattern, 0, 1) == 2
    assert next_match(lines, pattern, 2, 1) == 0
    assert next_match(lines, pattern, 0, -1) == 2
    assert next_match(lines, search_pattern("Error"), 0, 1) == 0
    assert next_match(lines, search_pattern("none"), 0, 1) is None


def test_the_matches_are_marked_in_each_piece_of_a_wrapped_line() -> None:
    spans = piece_line("xxabxx", 3, 6, search_pattern("ab"))
    assert text_of(spans) == "bxx"
    assert [span.text for span in spans if span.tone.value == "badge"] == ["b"]


@pytest.mark.parametrize("text", ["(", "(a+)+$", "a*b*c*d", "[", "(?P<x>a"])
def test_a_pattern_that_is_wrong_or_could_take_long_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        search_pattern(text)


def test_the_worst_pattern_that_is_allowed_takes_no_time_worth_telling() -> None:
    lines = ["a" * 2_000] * 10_000
    began = time.process_time()
    with pytest.raises(TooLongError):
        next_match(lines, search_pattern("a*a*b"), 0, 1, time.process_time)
    assert time.process_time() - began < 3
    assert next_match(["a" * 150 + "b"], search_pattern("a*a*b"), 0, 1) == 0


async def test_a_log_of_what_has_never_run_says_so_and_what_to_do(console: Console) -> None:
    session = FakeSession()
    for name in ("scen2_hci_01:scen2_chart_view", "scen2_hci_02:scen2_chart_view"):
        session.files[(name, False)] = []
    async with console(session) as operator:
        for name, words in (
            ("scen2_hci_01", "it has never run: no log. Esc, s starts it"),
            ("scen2_hci_02", "nothing was written to stdout yet"),
        ):
            await operator.on(name)
            await operator.press("enter")
            await operator.on(f"{name}:scen2_chart_view")
            await operator.sees(words.replace("Esc, ", ""))
            await operator.press("l")
            await operator.sees(words)
            session.append(f"{name}:scen2_chart_view", "first line\n")
            await operator.sees("first line")
            await operator.misses(words)
            await operator.press("escape")


async def at_log(operator: Operator) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("l")
    await operator.until(lambda: isinstance(operator.app.screen, LogScreen), "the log")


async def test_the_scroll_bar_of_a_log_that_is_followed_stands_at_its_end(console: Console) -> None:
    session = FakeSession()
    session.append(BUS, "".join(f"line {number}\n" for number in range(200)))
    async with console(session, size=(80, 24)) as operator:
        await at_log(operator)
        await operator.sees("line 199")
        log = operator.app.screen.query_one(LogView)
        await operator.until(lambda: log.show_vertical_scrollbar, "a scroll bar")
        await operator.until(lambda: log.vertical_scrollbar.position == log.max_scroll_y > 0, "its end")


async def test_a_search_finds_the_latest_match_and_n_goes_on(console: Console) -> None:
    session = FakeSession()
    session.append(BUS, "".join(f"line {n} {'ERROR' if n % 40 == 7 else 'ok'}\n" for n in range(200)))
    async with console(session, size=(80, 24)) as operator:
        await at_log(operator)
        await operator.sees("line 199")
        await operator.press("slash", *"error", "enter")
        await operator.sees("/error line 168")
        await operator.sees("line 167 ERROR")
        await operator.sees("◌ held")
        await operator.press("N")
        await operator.sees("/error line 128")
        await operator.press("n", "n")
        await operator.sees("/error line 8")
        await operator.press("slash", *"(", "enter")
        await operator.sees("unterminated subpattern")
        await operator.press("escape")
        await operator.misses("/error line")
        assert isinstance(operator.app.screen, LogScreen)


async def test_long_lines_are_wrapped_or_moved_sideways(console: Console) -> None:
    session = FakeSession()
    session.append(BUS, "begin " + "x" * 100 + " end\n")
    async with console(session, size=(80, 24)) as operator:
        await at_log(operator)
        await operator.sees("begin")
        await operator.misses(" end")
        await operator.press("right", "right")
        await operator.sees(" end")
        await operator.press("w")
        await operator.sees("begin")
        await operator.sees(" end")


async def test_a_log_is_saved_to_a_new_file_and_never_over_another(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = FakeSession()
    session.append(BUS, "one\ntwo\n")
    async with console(session) as operator:
        await at_log(operator)
        await operator.sees("two")
        await operator.press("colon", *"save bus.log", "enter")
        await operator.sees("2 lines in")
        assert (tmp_path / "bus.log").read_text() == "one\ntwo\n"
        session.append(BUS, "three\n")
        await operator.sees("three")
        await operator.press("colon", *"save bus.log", "enter")
        await operator.sees("File exists")
        assert (tmp_path / "bus.log").read_text() == "one\ntwo\n"
        await operator.press("s")
        await operator.sees("3 lines in")
