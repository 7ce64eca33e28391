"""What is drawn, as values: no screen needed."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuiconsole.client.session import Action, Link, Outcome, Progress, Verdict
from tuiconsole.console.actions import Danger, Place, objection
from tuiconsole.console.anchor import View, reanchored
from tuiconsole.console.arrangement import Arrangement, arrangement
from tuiconsole.console.picture import Picture, merged_events
from tuiconsole.console.registry import REGISTRY, action_of, actions_of
from tuiconsole.console.requests import KEPT, RequestBook
from tuiconsole.console.rows.details import detail_lines, log_of
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import LogText, plain
from tuiconsole.console.rows.header import header_lines
from tuiconsole.console.rows.line import Span, Tone, fit, spread, text_of, width_of, wrapped
from tuiconsole.console.rows.marks import application_mark, process_mark
from tuiconsole.console.rows.progress import activity_line, job_words
from tuiconsole.console.rows.quantity import clock_time, duration, memory
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.console.rows.tree import opened_at_first, tree_line, tree_rows
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.model.states import ApplicationState, ProcessState
from tuiconsole.model.status import ConflictStatus

from .scenario import (
    HCI,
    application,
    common_bus,
    history,
    process,
    reference,
    starting_hci,
    with_application,
)

HERE = Picture(link=Link(connected=True, agent="console_1"), status=reference(), age=0.1, node="console_1")


def test_every_state_has_a_word_and_no_two_share_a_glyph_and_word() -> None:
    looks = {process_mark(process("g", "p", state)).text for state in ProcessState}
    assert len(looks) == len(ProcessState)
    assert all(state.value in " ".join(looks) for state in ProcessState)
    for state in ApplicationState:
        assert state.value in application_mark(application("a", HCI, state=state)).text


def test_an_unexpected_exit_looks_other_than_an_expected_one() -> None:
    good = process_mark(process("g", "p", ProcessState.EXITED))
    bad = process_mark(process("g", "p", ProcessState.EXITED, expected_exit=False))
    assert good.glyph != bad.glyph


def test_what_is_stale_carries_a_question_mark_in_its_word() -> None:
    mark = process_mark(process("g", "p", ProcessState.RUNNING, stale=True))
    assert mark.word == "RUNNING?"


def test_what_failed_or_moves_is_open_at_first() -> None:
    status = with_application(reference(), starting_hci("scen2_hci_01", "console_1", 1))
    assert opened_at_first(status.applications) == {"scen2_hci_01", "scen2_hci_03"}


def test_the_unmanaged_bus_reads_stopped_and_unmanaged_though_it_runs_everywhere() -> None:
    row = tree_rows((common_bus(),), frozenset(), Filter())[0]
    text = text_of(tree_line(row, 130))
    assert "□ STOPPED" in text
    assert "6 nodes" in text
    assert "unmanaged" in text


def test_what_runs_on_several_nodes_counts_as_alive_though_it_has_no_one_pid() -> None:
    words = "\n".join(map(text_of, detail_lines(HERE, Subject.of_tree("common_data_bus"), 100)))
    assert "1 of 1 process alive" in words
    opened = tree_rows((common_bus(),), frozenset({"common_data_bus"}), Filter())
    assert all("9.0 MB" in text_of(tree_line(row, 130)) for row in opened)


def test_a_job_names_its_step_and_what_it_waits_for() -> None:
    words = job_words(starting_hci("scen2_hci_01", "console_1", 2))
    assert words == "starting 2/3: waits for scen2_check_internal_data_bus to exit"


def test_a_conflict_and_a_reason_take_the_notice_line() -> None:
    conflict = ConflictStatus("scen2_hci_02", ("console_2", "console_3"), "2026-11-23T12:00:00.000Z")
    picture = msgspec.structs.replace(HERE, status=reference(conflicts=(conflict,)))
    notice = text_of(header_lines(picture, 120)[2])
    assert "CONFLICT" in notice
    assert "scen2_hci_02 on console_2 and console_3" in notice


def test_silence_of_a_connected_agent_is_shown_as_old_data() -> None:
    lines = header_lines(msgspec.structs.replace(HERE, age=4.2), 100)
    assert "data 4.2 s old" in text_of(lines[1])
    assert "nothing heard for 4.2 s" in text_of(lines[2])


def test_a_header_of_one_line_gives_way_to_a_lost_connection() -> None:
    lost = msgspec.structs.replace(HERE, link=Link(connected=False), age=12.0)
    assert "CONNECTION LOST" in text_of(header_lines(lost, 40, height=1)[0])
    assert "scenario_2" in text_of(header_lines(HERE, 40, height=1)[0])


def test_the_log_of_an_application_is_that_of_what_failed_else_of_what_runs() -> None:
    assert log_of(HERE, "scen2_hci_03") == "scen2_hci_03:scen2_internal_data_bus"
    assert log_of(HERE, "scen2_srv_01") == "scen2_srv_01:scen2_internal_data_bus"
    assert log_of(HERE, "scen2_srv_01:scen2_data_processing") == "scen2_srv_01:scen2_data_processing"
    assert log_of(HERE, "unknown") == ""


def test_details_of_an_application_tell_who_was_granted_it_and_why_it_failed() -> None:
    running = "\n".join(map(text_of, detail_lines(HERE, Subject.of_tree("scen2_hci_02"), 100)))
    assert "granted to console_3 token 3.14" in running
    failed = "\n".join(map(text_of, detail_lines(HERE, Subject.of_tree("scen2_hci_03"), 100)))
    assert "no node could be found" in failed


def test_the_status_line_prefers_what_goes_on_then_the_last_end_then_the_reason() -> None:
    assert "no node could be found" in text_of(activity_line(HERE, "scen2_hci_03"))
    book, number = RequestBook().begun(Action.START, ["scen2_hci_01"])
    going = msgspec.structs.replace(
        HERE, requests=book.progressed(number, Progress("scen2_hci_01", "waits", 1, 3))
    )
    assert text_of(activity_line(going, "scen2_hci_03")).startswith("◐ start scen2_hci_01 1/3: waits")
    ended = book.ended(number, Outcome("scen2_hci_01", Verdict.REFUSED, "it runs on console_2"))
    told = text_of(activity_line(msgspec.structs.replace(HERE, requests=ended), "scen2_hci_03"))
    assert told == "▲ start scen2_hci_01 refused: it runs on console_2"


def test_a_book_of_requests_forgets_the_oldest_ends_but_nothing_that_goes_on() -> None:
    book, first = RequestBook().begun(Action.START, ["goes_on"])
    for number in range(KEPT * 2):
        book, request = book.begun(Action.START, [f"a{number}"])
        book = book.ended(request, Outcome(f"a{number}", Verdict.DONE, "started"))
    assert len(book.entries) <= KEPT + 2
    assert book.going_on(Action.START, "goes_on") is not None
    assert book.broken_off(first, "lost").going_on(Action.START, "goes_on") is None


def test_the_same_event_from_two_sources_is_shown_once_and_in_order() -> None:
    events = history()
    merged = merged_events(events[3:], events[:5])
    assert merged == events


@pytest.mark.parametrize("place", list(Place))
def test_no_two_actions_of_a_screen_share_a_key_and_each_tells_what_it_does(place: Place) -> None:
    keys = [key for action in actions_of(place) for key in action.keys]
    assert len(keys) == len(set(keys))
    assert all(action.help.endswith(".") and action.label for action in actions_of(place))


def test_whatever_changes_the_cluster_is_refused_read_only_and_what_interrupts_asks() -> None:
    for action in REGISTRY:
        kind = action.scope[0] if action.scope else Kind.APPLICATION
        refused = bool(objection(action, Subject(kind, "scen2_hci_01"), read_only=True))
        assert refused is (action.asks is not None), action.id
    interrupts = {one.id for one in REGISTRY if one.danger is Danger.INTERRUPTS}
    assert interrupts == {"stop", "restart", "restart_with", "remedy", "drain", "scale", "cancel"}
    sweeps = {one.id for one in REGISTRY if one.danger is Danger.SWEEPS}
    assert sweeps == {"stop_all", "confirm_dead", "shutdown", "reload"}
    assert action_of("start") is not None


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((20, 5), Arrangement.TINY),
        ((80, 24), Arrangement.STACKED),
        ((120, 24), Arrangement.STACKED),
        ((120, 35), Arrangement.MEDIUM),
        ((200, 60), Arrangement.WIDE),
    ],
)
def test_the_arrangement_follows_the_size(size: tuple[int, int], expected: Arrangement) -> None:
    assert arrangement(*size) is expected


@given(
    old=st.lists(st.integers(0, 30).map(str), unique=True, min_size=1),
    new=st.lists(st.integers(0, 30).map(str), unique=True),
    data=st.data(),
)
@settings(max_examples=300, deadline=None)
def test_the_cursor_keeps_its_key_and_is_always_in_view_if_it_was(
    old: list[str], new: list[str], data: st.DataObject
) -> None:
    height = data.draw(st.integers(1, 12))
    view = View(data.draw(st.integers(0, len(old) - 1)), data.draw(st.integers(0, max(0, len(old) - height))))
    now = reanchored(old, new, view, height)
    if not new:
        assert now == View()
        return
    assert 0 <= now.cursor < len(new)
    assert 0 <= now.scroll <= max(0, len(new) - height)
    if old[view.cursor] in new:
        assert new[now.cursor] == old[view.cursor]
    if view.scroll <= view.cursor < view.scroll + height:
        assert now.scroll <= now.cursor < now.scroll + height


def test_what_is_looked_at_stays_at_its_place_when_rows_come_above_it() -> None:
    old = [f"{number:02d}" for number in range(40)]
    new = ["a", "b", "c", *old]
    assert reanchored(old, new, View(cursor=15, scroll=10), 12) == View(cursor=18, scroll=13)
    assert reanchored(old, new, View(cursor=39, scroll=10), 12) == View(cursor=42, scroll=13), (
        "cursor not in view"
    )
    assert reanchored(new, old, View(cursor=18, scroll=13), 12) == View(cursor=15, scroll=10)


@given(text=st.text(), width=st.integers(0, 60), indent=st.integers(0, 4))
@settings(max_examples=300, deadline=None)
def test_any_text_is_made_harmless_and_fits(text: str, width: int, indent: int) -> None:
    safe = plain(text)
    assert safe.isprintable() or all(one.isprintable() or one == " " for one in safe)
    line = (Span(safe, Tone.MAJOR), Span(" · "), Span(safe))
    assert width_of(fit(line, width)) <= width
    assert width_of(spread(line, line, width)) == width
    for piece in wrapped(line, width, indent):
        assert width_of(piece) <= max(width, 2)


@given(
    pieces=st.lists(
        st.one_of(
            st.sampled_from(["\x1b[31m", "\x1b", "[0m", "\r\n", "\r", "\n", "\x1b]0;t\x07", "word", "\t"]),
            st.text(),
        )
    )
)
@settings(max_examples=300, deadline=None)
def test_a_log_cut_anywhere_shows_no_control_code(pieces: list[str]) -> None:
    log = LogText()
    shown = "".join(log.feed(piece) for piece in pieces)
    assert all(one.isprintable() or one in "\n " for one in shown)


def test_a_log_reads_the_same_however_it_is_cut() -> None:
    text = "\x1b[31mred\x1b[0m one\r\ntwo\tthree\x1b]0;title\x07\n\x1b(Bplain\n"
    whole = LogText().feed(text)
    one_by_one = LogText()
    assert "".join(one_by_one.feed(letter) for letter in text) == whole == "red one\ntwo    three\nplain\n"


def test_a_line_without_an_end_is_folded() -> None:
    log = LogText()
    shown = "".join(log.feed("x" * 1_000) for _ in range(10))
    assert max(map(len, shown.split("\n"))) <= LogText.LONGEST_LINE + 2
    assert shown.count("x") == 10_000


def test_figures_are_short() -> None:
    assert [duration(one) for one in (0.14, 12.6, 600, 9_000, 300_000, None, float("inf"))] == [
        "0.1 s", "13 s", "10 min", "2 h", "3 d", "–", "–",
    ]  # fmt: skip
    assert [memory(one) for one in (512, 11_272_192, 3_400_000_000, None)] == [
        "512 B",
        "11 MB",
        "3.4 GB",
        "–",
    ]
    assert clock_time("garbage") == "--:--:--"


def test_neither_the_entry_nor_the_rows_import_textual() -> None:
    code = (
        "import sys, tuiconsole.console.run, tuiconsole.console.rows.tree, tuiconsole.console.rows.help, "
        "tuiconsole.console.rows.details, tuiconsole.console.rows.header, tuiconsole.console.rows.confirm, "
        "tuiconsole.console.feed, tuiconsole.console.rows.nodes;"
        "sys.exit(any(name.partition('.')[0] == 'textual' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_a_terminal_the_console_says_so_and_returns_2() -> None:
    code = "import sys; from tuiconsole.console.run import run_console; sys.exit(run_console(None))"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


def test_times_in_what_the_cluster_says_are_told_in_the_operators_own_zone_and_the_rest_is_left() -> None:
    east = timezone(timedelta(hours=2))
    said = "hci_2 runs on console_3 already (since 2026-11-30T23:08:00.123Z, asked by ada)"
    assert sentence(said, east) == "hci_2 runs on console_3 already (since 2026-12-01 01:08:00, asked by ada)"
    assert sentence("in maintenance until 2026-11-30T23:08:00Z\x1b", east).endswith("01:08:00␛")
    for other in ("Zone 2026-11-30", "2026-13-77T23:08:00Z2", "A to Z"):
        assert sentence(other, east) == other
    assert sentence("since 2026-13-77T23:08:00Z", east) == "since --", "no such day, and nothing breaks"
