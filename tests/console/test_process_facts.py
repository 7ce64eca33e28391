"""What the console tells of one process beside its state: the rules that apply, and its last ends."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tuiconsole.console.rows.ends import end_events, end_words
from tuiconsole.console.rows.line import text_of
from tuiconsole.console.rows.rules import rules_of_application, rules_of_process
from tuiconsole.console.screens.process import ProcessScreen
from tuiconsole.model.events import Severity
from tuiconsole.model.process import End
from tuiconsole.rulebook.rulebook import Rulebook, load_rules
from tuiconsole.source.errors import SourceError

from .conftest import Console
from .fake_session import FakeSession
from .scenario import HCI, application, process, reference, with_application

RULES = Path(__file__).parents[2] / "rules" / "scenario_2" / "rules.toml"
VIEW = "scen2_hci_02:scen2_sensor_view"


def test_the_rules_are_told_with_their_place_and_only_what_they_say() -> None:
    rulebook = load_rules([RULES])
    [line] = map(text_of, rules_of_application(rulebook, "scen2_srv_01"))
    assert line.startswith("its rules (rules.toml:")
    assert "distribution SINGLE_INSTANCE" in line
    assert "starting_strategy LESS_LOADED" in line
    assert "isolation" not in line, "STOP is the default"
    of_process = [text_of(line) for line in rules_of_process(rulebook, "scen2_srv_01:scen2_config_manager")]
    assert "required" in of_process[0]
    assert "expected_loading 10" in of_process[0]
    assert of_process[1].startswith("application: its rules")


def test_what_is_unmanaged_or_not_read_yet_has_no_rules() -> None:
    assert list(rules_of_process(load_rules([RULES]), "common_data_bus:common_data_bus")) == []
    assert list(rules_of_process(None, VIEW)) == []


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (End("", "n", 0, True, 3.0), "exited with status 0 after 3.0 s"),
        (End("", "n", 1, False, 720.0), "exited with status 1, unexpectedly, after 12 min"),
        (End("", "n", -9, False), "was killed by signal 9, unexpectedly"),
        (End("", "n"), "ended"),
    ],
)
def test_an_end_is_told_in_words(end: End, words: str) -> None:
    assert end_words(end) == words


def test_the_ends_of_a_process_are_lines_of_its_log_the_oldest_first() -> None:
    ends = (End("2026-11-23T12:01:00Z", "a", -11, False, 5.0), End("2026-11-23T11:00:00Z", "b", 0, True, 9.0))
    events = end_events(process("app", "p", ends=ends))
    assert [(event.node, event.severity) for event in events] == [("b", Severity.INFO), ("a", Severity.MINOR)]
    assert len({event.id for event in events}) == 2


async def test_the_process_shows_its_rules_and_its_ends_once_the_rules_are_read(console: Console) -> None:
    whole = application("scen2_hci_02", HCI, "console_3", seed=4)
    ended = End("2026-11-23T11:41:02.118Z", "console_2", -11, False, 812.0)
    processes = tuple(
        msgspec.structs.replace(one, ends=(ended,)) if one.namespec == VIEW else one
        for one in whole.processes
    )
    status = with_application(reference(), msgspec.structs.replace(whole, processes=processes))
    async with console(FakeSession(status), size=(120, 35)) as operator:
        operator.app._read_rules = lambda: load_rules([RULES])
        operator.app._settle()
        await operator.press("colon", *f"process {VIEW}", "enter")
        await operator.until(lambda: isinstance(operator.app.screen, ProcessScreen), "the process")
        await operator.sees("last end: 11:41:02 was killed by signal 11")
        await operator.sees("its rules (rules.toml:")
        await operator.sees("11:41:02 ▲")


async def test_rules_that_cannot_be_read_are_told_and_the_console_goes_on(console: Console) -> None:
    def broken() -> Rulebook:
        raise SourceError.at("rules.toml", 7, "unknown key colour", "remove it")

    async with console(size=(120, 35)) as operator:
        operator.app._read_rules = broken
        operator.app._settle()
        await operator.press("e")
        await operator.sees("the rules of this machine cannot be shown: rules.toml:7")
