"""Every action of the registry by its key, and what the operator then sees; every row of «From launch»."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from textual.command import CommandPalette

from tuiconsole.client.session import Action, Outcome, Verdict
from tuiconsole.console.actions import Place
from tuiconsole.console.registry import REGISTRY
from tuiconsole.console.rows.ordering import Grouping, Order
from tuiconsole.console.screens.logs import LogScreen
from tuiconsole.console.screens.process import ProcessScreen
from tuiconsole.console.settings import _key
from tuiconsole.console.widgets.dialogs.choice import ChoiceDialog
from tuiconsole.console.widgets.dialogs.confirm import ConfirmDialog
from tuiconsole.console.widgets.dialogs.help import HelpScreen
from tuiconsole.console.widgets.dialogs.told import ToldScreen
from tuiconsole.console.widgets.foot.foot_line import FootLine, Mode
from tuiconsole.model.states import ProcessState
from tuiconsole.model.status import ClusterStatus

from .conftest import Console, Operator
from .fake_session import FakeSession
from .scenario import HCI, application, reference, with_alarms, with_application
from .test_screens import doubled, place_of

BUS = "scen2_hci_02:scen2_internal_data_bus"
VIEW = "scen2_hci_02:scen2_sensor_view"
DOCUMENT = Path(__file__).parents[2] / "docs" / "console.md"
Story = Callable[[Operator, str], Awaitable[None]]
HERE = Path(__file__).parent


def asks(action: Action, target: str, *, confirm: bool = False) -> tuple[Place, Story]:
    async def story(operator: Operator, key: str) -> None:
        await operator.on(target)
        await operator.press(key)
        if confirm:
            await operator.sees("Cancel")
            assert operator.session.asked == [], "nothing is asked before it is confirmed"
            await operator.press("y")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(action, target)]

    return Place.APPLICATIONS, story


def goes(to: Place, via: Place = Place.EVENTS) -> tuple[Place, Story]:
    async def story(operator: Operator, key: str) -> None:
        await operator.press(key)
        await operator.until(lambda: place_of(operator) is to, to.value)

    return via, story


def shows(kind: type, place: Place, target: str = "") -> tuple[Place, Story]:
    async def story(operator: Operator, key: str) -> None:
        if target:
            await operator.on(target)
        await operator.press(key)
        await operator.until(lambda: isinstance(operator.app.screen, kind), kind.__name__)

    return place, story


def prompts(mode: Mode, place: Place) -> tuple[Place, Story]:
    async def story(operator: Operator, key: str) -> None:
        if place is Place.LOGS:
            await at_logs(operator)
        await operator.press(key)
        await operator.until(lambda: operator.app.screen.query_one(FootLine).is_open, "the prompt")
        assert operator.app.screen.query_one(FootLine).mode is mode

    return Place.APPLICATIONS if place is Place.LOGS else place, story


async def at_logs(operator: Operator, *more: str) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("enter")
    for row in (BUS, *more) if more else ():
        await operator.on(row)
        await operator.press("space")
    await operator.on(BUS)
    await operator.press("l")
    await operator.until(lambda: isinstance(operator.app.screen, LogScreen), "the log")
    await operator.sees("line 99")


def in_logs(story: Story, *more: str) -> tuple[Place, Story]:
    async def whole(operator: Operator, key: str) -> None:
        await at_logs(operator, *more)
        await story(operator, key)

    return Place.APPLICATIONS, whole


def then_sees(words: str) -> Story:
    async def story(operator: Operator, key: str) -> None:
        await operator.press(key)
        await operator.sees(words)

    return story


async def mark(operator: Operator, key: str) -> None:
    await operator.on("scen2_hci_01")
    await operator.press(key)
    assert operator.control.marked == ("scen2_hci_01",)


async def mark_all(operator: Operator, key: str) -> None:
    await operator.press(key)
    assert len(operator.control.marked) == len(reference().applications)


async def sort(operator: Operator, key: str) -> None:
    await operator.press(key)
    await operator.sees(f"sorted by {Order.NAME.next.value}")


async def group(operator: Operator, key: str) -> None:
    await operator.press(key)
    await operator.sees(f"by {Grouping.APPLICATION.next.value}")


async def expand_all(operator: Operator, key: str) -> None:
    await operator.press(key)
    await operator.until(lambda: VIEW in operator.keys, "all processes")


async def collapse_all(operator: Operator, key: str) -> None:
    await operator.press("plus")
    await operator.until(lambda: VIEW in operator.keys, "all processes")
    await operator.press(key)
    await operator.until(lambda: VIEW not in operator.keys, "no process")


async def follow(operator: Operator, key: str) -> None:
    await operator.press("g")
    await operator.sees("◌ held")
    await operator.press(key)
    await operator.sees("● following")


async def next_match(operator: Operator, key: str) -> None:
    await operator.press("slash", *"line .0$", "enter")
    await operator.sees("line 91")
    await operator.press(key)
    await operator.sees("line 11")


async def previous_match(operator: Operator, key: str) -> None:
    await operator.press("slash", *"line .0$", "enter")
    await operator.sees("line 91")
    await operator.press(key)
    await operator.sees("line 81")


async def save(operator: Operator, key: str) -> None:
    await operator.press(key)
    await operator.until(lambda: list(Path.cwd().glob("scen2_hci_02_*-stdout-*.log")), "the file")


async def copy(operator: Operator, key: str) -> None:
    await operator.press(key)
    assert "line 99" in operator.app.clipboard


async def theme(operator: Operator, key: str) -> None:
    await operator.press(key)
    assert operator.app.theme == "light"


async def screenshot(operator: Operator, key: str) -> None:
    await operator.press(key)
    await operator.until(lambda: list(Path.cwd().glob("tuiconsole-*.svg")), "the picture")


async def back(operator: Operator, key: str) -> None:
    await operator.press("n")
    await operator.until(lambda: place_of(operator) is Place.NODES, "the nodes")
    await operator.press(key)
    await operator.until(lambda: place_of(operator) is Place.APPLICATIONS, "back")


async def leave(operator: Operator, key: str) -> None:
    await operator.press(key)
    await operator.until(lambda: not operator.app.is_running, "the end")
    assert operator.app.return_value == 0


async def confirm_dead(operator: Operator, key: str) -> None:
    await operator.press(key)
    await operator.sees("server_1 is heard: it is not dead")


async def undrain(operator: Operator, key: str) -> None:
    await operator.press(key)
    await operator.until(lambda: operator.session.asked, "the request")
    assert operator.session.asked == [(Action.UNDRAIN, "server_1")]


def says(action: Action) -> tuple[Place, Story]:
    async def story(operator: Operator, key: str) -> None:
        await operator.sees("scen2_hci_03")
        await operator.press(key)
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked[0][0] is action

    return Place.ALARMS, story


def told_why_not(words: str) -> tuple[Place, Story]:
    async def story(operator: Operator, key: str) -> None:
        await operator.sees("scen2_hci_03")
        await operator.press(key)
        await operator.sees(words)
        assert operator.session.asked == []

    return Place.ALARMS, story


async def shelve(operator: Operator, key: str) -> None:
    await operator.sees("scen2_hci_03")
    await operator.press(key)
    await operator.until(lambda: isinstance(operator.app.screen, ChoiceDialog), "how long")
    await operator.press("enter")
    await operator.until(lambda: operator.session.asked, "the request")
    assert operator.session.asked[0][0] is Action.SHELVE


async def out_of_service(operator: Operator, key: str) -> None:
    await operator.sees("scen2_hci_03")
    await operator.press(key)
    await operator.until(lambda: isinstance(operator.app.screen, ConfirmDialog), "the reason")


STORIES: dict[str, tuple[Place, Story]] = {
    "start": asks(Action.START, "scen2_hci_01"),
    "start_with": shows(ChoiceDialog, Place.APPLICATIONS, "scen2_hci_01"),
    "stop": asks(Action.STOP, "scen2_hci_02", confirm=True),
    "restart": asks(Action.RESTART, "scen2_hci_02", confirm=True),
    "clear": asks(Action.CLEAR, "scen2_hci_03"),
    "log": shows(LogScreen, Place.APPLICATIONS, "scen2_hci_02"),
    "process": shows(ProcessScreen, Place.APPLICATIONS, "scen2_hci_02"),
    "restart_with": shows(ChoiceDialog, Place.APPLICATIONS, "scen2_hci_02"),
    "disable": shows(ConfirmDialog, Place.APPLICATIONS, "scen2_hci_01"),
    "enable": asks(Action.ENABLE, "scen2_hci_01"),
    "maintenance": shows(ChoiceDialog, Place.APPLICATIONS, "scen2_hci_01"),
    "loss": shows(ToldScreen, Place.NODES),
    "drain": shows(ConfirmDialog, Place.NODES),
    "undrain": (Place.NODES, undrain),
    "stop_all": shows(ConfirmDialog, Place.NODES),
    "confirm_dead": (Place.NODES, confirm_dead),
    "remedy": shows(ChoiceDialog, Place.CONFLICTS),
    "mark": (Place.APPLICATIONS, mark),
    "mark_all": (Place.APPLICATIONS, mark_all),
    "filter": prompts(Mode.FILTER, Place.APPLICATIONS),
    "sort": (Place.APPLICATIONS, sort),
    "group": (Place.APPLICATIONS, group),
    "expand_all": (Place.APPLICATIONS, expand_all),
    "collapse_all": (Place.APPLICATIONS, collapse_all),
    "overview": goes(Place.OVERVIEW),
    "applications": goes(Place.APPLICATIONS),
    "nodes": goes(Place.NODES),
    "events": goes(Place.EVENTS, Place.NODES),
    "alarms": goes(Place.ALARMS),
    "conflicts": goes(Place.CONFLICTS),
    "jobs": goes(Place.JOBS),
    "stream": in_logs(then_sees("stderr")),
    "follow": in_logs(follow),
    "search": prompts(Mode.SEARCH, Place.LOGS),
    "next_match": in_logs(next_match),
    "previous_match": in_logs(previous_match),
    "goto_time": prompts(Mode.TIME, Place.LOGS),
    "wrap": in_logs(then_sees("wrapped")),
    "merge": in_logs(then_sees("merged"), VIEW),
    "save": in_logs(save),
    "copy": in_logs(copy),
    "command": prompts(Mode.COMMAND, Place.APPLICATIONS),
    "palette": shows(CommandPalette, Place.APPLICATIONS),
    "theme": (Place.APPLICATIONS, theme),
    "screenshot": (Place.APPLICATIONS, screenshot),
    "back": (Place.APPLICATIONS, back),
    "help": shows(HelpScreen, Place.APPLICATIONS),
    "leave": (Place.APPLICATIONS, leave),
    "acknowledge": says(Action.ACKNOWLEDGE),
    "acknowledge_all": says(Action.ACKNOWLEDGE),
    "shelve": (Place.ALARMS, shelve),
    "unshelve": told_why_not("it is not shelved"),
    "out_of_service": (Place.ALARMS, out_of_service),
    "return_to_service": told_why_not("it is not out of service"),
}
"""By action. An action that has a test of its own elsewhere, which names it, needs none here."""


def logged(status: ClusterStatus | None = None) -> FakeSession:
    session = FakeSession(status)
    session.append(BUS, "".join(f"line {number}\n" for number in range(100)))
    session.append(VIEW, "the view\n")
    return session


@pytest.mark.parametrize("action_id", STORIES)
async def test_each_action_does_on_its_key_what_it_says(
    console: Console, action_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    action = next(one for one in REGISTRY if one.id == action_id)
    first, story = STORIES[action_id]
    status = doubled() if action_id == "remedy" else with_alarms(reference())
    session = logged(status)
    async with console(session, first=first, size=(100, 30)) as operator:
        await story(operator, action.keys[0])


def test_each_action_of_the_registry_has_such_a_story_or_a_test_of_its_own() -> None:
    others = "".join(
        file.read_text(encoding="utf-8") for file in HERE.glob("test_*.py") if file.name != "test_document.py"
    )
    untold = {one.id for one in REGISTRY if one.id not in STORIES and not re.search(rf"\b{one.id}\b", others)}
    assert not untold, "add them to STORIES"
    assert not set(STORIES) - {one.id for one in REGISTRY}


# -- «From launch to what matters» ---------------------------------------------------------------------------


def from_launch() -> dict[str, tuple[str, ...]]:
    """The rows of the document: what, and the keys in the order of the page."""
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.partition("## From launch to what matters")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (?!to \|)([^|]+) \| (.+) \|$", table, re.MULTILINE)
    return {
        what.strip(): tuple(map(_key, re.findall(r"`([^`]+)`", keys)))
        for what, keys in rows
        if "--" not in what
    }


def crashed() -> ClusterStatus:
    """The bus of item 3's HCI has crashed."""
    sound = application("scen2_hci_03", HCI, "console_3", seed=4, major_failure=True)
    processes = tuple(
        msgspec.structs.replace(
            one,
            state=ProcessState.EXITED,
            pid=None,
            expected_exit=False,
            major_failure=True,
            reason="signal 11",
        )
        if one.name == "scen2_internal_data_bus"
        else one
        for one in sound.processes
    )
    return with_application(reference(), msgspec.structs.replace(sound, processes=processes))


async def started(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.until(lambda: operator.session.asked, "the request")
    assert operator.session.asked == [(Action.START, "scen2_hci_02")]


async def log_of_the_crash(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.sees("last words of the bus")
    assert isinstance(operator.app.screen, LogScreen)


async def reason_told(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.sees("Why is scen2_hci_03 as it is?")


async def what_runs(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.sees("Processes on it")
    await operator.press("down")
    await operator.sees("─ server_2 ─")


async def happened(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.sees("event on")


async def stopped(operator: Operator, keys: tuple[str, ...]) -> None:
    first, mark_key, *rest = keys
    await operator.press(first)
    for name in ("scen2_srv_01", "scen2_srv_02"):
        await operator.on(name)
        await operator.press(mark_key)
    for key in rest:
        await operator.press(key)
        await operator.pilot.pause()
    await operator.until(lambda: operator.session.asked, "the request")
    operator.session.answer(Outcome("scen2_srv_01", Verdict.DONE, "stopped"))
    await operator.until(lambda: len(operator.session.asked) == 2, "both")
    assert {target for _, target in operator.session.asked} == {"scen2_srv_01", "scen2_srv_02"}


async def alarmed(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.sees("remedy:")


async def went_to_time(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.press(*"11:30", "enter")
    await operator.sees("@ 2026-11-23 11:30:00")


async def acknowledged(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.until(lambda: operator.session.asked, "the request")
    assert operator.session.asked[0][0] is Action.ACKNOWLEDGE


async def with_choices(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.until(lambda: isinstance(operator.app.screen, ChoiceDialog), "the choices")


async def why_long(operator: Operator, keys: tuple[str, ...]) -> None:
    await operator.press(*keys)
    await operator.sees("Jobs and requests")


ROWS: dict[str, Callable[[Operator, tuple[str, ...]], Awaitable[None]]] = {
    "start item 2's HCI on this console": started,
    "see the log of what crashed in item 3": log_of_the_crash,
    "find why an application of item 3 is not running": reason_told,
    "see what runs on a node": what_runs,
    "see what happened last": happened,
    "see what asks for action, and its remedy": alarmed,
    "see what a start waits for": why_long,
    "acknowledge the gravest alarm": acknowledged,
    "see where a start of item 2's HCI would go": with_choices,
    "go to half past eleven in the log of item 3's HCI": went_to_time,
    "stop all of several applications": stopped,
}


@pytest.mark.parametrize("what", ROWS)
async def test_the_keys_from_launch_lead_where_the_page_says(console: Console, what: str) -> None:
    keys = from_launch()[what]
    session = logged(with_alarms(crashed()))
    session.append(
        "scen2_hci_03:scen2_internal_data_bus", "2026-11-23 11:30:00 half past\nlast words of the bus\n"
    )
    async with console(session, first=Place.OVERVIEW, size=(120, 35)) as operator:
        await ROWS[what](operator, keys)


def test_the_page_tells_no_way_that_is_not_tried_and_the_three_that_matter_take_three_keys() -> None:
    rows = from_launch()
    assert {what for what in rows if what in ROWS} == set(ROWS)
    here = HERE.glob("test_*.py")
    others = "".join(file.read_text(encoding="utf-8") for file in here)
    assert not [what for what in rows if what not in ROWS and what not in others], "try them in a test"
    assert max(len(rows[what]) for what in list(ROWS)[:3]) <= 3
