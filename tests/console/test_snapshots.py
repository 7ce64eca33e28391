"""What the screens look like, at the sizes that matter, in colour, monochrome and ASCII.

After a change: look, then `--snapshot-update`. Each is the screen as text; those whose colours matter are
pictures as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.pilot import Pilot

from tuiconsole.client.session import Link, Outcome, Verdict
from tuiconsole.console.actions import Place
from tuiconsole.console.app import ConsoleApp
from tuiconsole.console.widgets.foot.foot_line import FootLine
from tuiconsole.model.alarms import AlarmMark
from tuiconsole.model.states import NodeState

from .conftest import Operator, console_on
from .fake_session import FakeSession
from .scenario import NO_NODE, application, pumps, reference, starting_hci, with_alarms, with_application
from .test_screens import doubled

SIZES = [(80, 24), (120, 35), (200, 60)]
LOOKS = ["colour", "monochrome", "ascii"]
Compare = Callable[..., bool]
Act = Callable[[Operator], Awaitable[None]]
SENSOR = "scen2_hci_02:scen2_sensor_view"


class Drawn(SingleFileSnapshotExtension):
    """A screen as text."""

    _write_mode = WriteMode.TEXT
    _file_extension = "txt"


def logged() -> FakeSession:
    session = FakeSession(with_application(doubled(), starting_hci("scen2_hci_01", "console_1", 2)))
    text = "".join(f"11:59:{number:02d} sensor view {number} updated\n" for number in range(8))
    session.append(SENSOR, text)
    session.append("scen2_hci_01:scen2_internal_data_bus", "the bus listens\n")
    return session


async def at_item(operator: Operator) -> None:
    await operator.sees("the bus listens")


async def at_tree(operator: Operator) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("enter")
    await operator.on(SENSOR)
    await operator.press("space", "space")
    await operator.on(SENSOR)
    await operator.sees("view 7 updated")


async def at_process(operator: Operator) -> None:
    for cpu in (1.0, 3.0, 9.0, 9.0, 5.0, 2.0):
        status = operator.session.status
        assert status is not None
        running = next(one for one in status.applications if one.name == "scen2_hci_02")
        busy = tuple(
            msgspec.structs.replace(one, cpu=cpu) if one.pid is not None else one for one in running.processes
        )
        operator.session.status = with_application(status, msgspec.structs.replace(running, processes=busy))
        operator.app.desk.trends.sample(operator.app.feed.picture())
    await operator.on("scen2_hci_02")
    await operator.press("enter")
    await operator.on(SENSOR)
    await operator.press("p")
    await operator.sees("CPU 2.0 %")
    await operator.sees("view 7 updated")


async def at_log(operator: Operator) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("enter")
    await operator.on(SENSOR)
    await operator.press("l")
    await operator.sees("view 7 updated")
    await operator.press("slash", *"view 5", "enter")
    await operator.sees("/view 5 line 6")


async def at_job(operator: Operator) -> None:
    await operator.sees("sequence 2:")


async def at_alarm(operator: Operator) -> None:
    told = AlarmMark("ada", "console_2", "2026-11-23T12:01:00.000Z")
    status = operator.session.status
    assert status is not None
    lost = msgspec.structs.replace(
        status.nodes[1], state=NodeState.FAILED, reason="its lease is over, the voters raised its epoch"
    )
    status = msgspec.structs.replace(status, nodes=(status.nodes[0], lost, *status.nodes[2:]))
    for number in range(4, 18):
        dead = application(f"scen2_srv_{number:02d}", (), "server_2", major_failure=True)
        status = with_application(status, dead)
    operator.session.tell(
        with_alarms(
            status,
            flapping=("scen2_srv_01:scen2_data_processing",),
            acknowledged={"conflict/scen2_hci_02": told},
            shelved={"major/scen2_hci_03": told},
        )
    )
    await operator.sees("server_2 is lost")
    await operator.press("colon", *"view all", "enter")
    await operator.sees("shelved")


async def at_conflict(operator: Operator) -> None:
    await operator.sees("Remedies")


async def at_node(operator: Operator) -> None:
    await operator.press("G")
    await operator.sees("tags console")


async def at_event(operator: Operator) -> None:
    await operator.sees("event on server_1")


SCREENS: dict[str, tuple[Place, Act]] = {
    "overview": (Place.OVERVIEW, at_item),
    "applications": (Place.APPLICATIONS, at_tree),
    "nodes": (Place.NODES, at_node),
    "process": (Place.APPLICATIONS, at_process),
    "logs": (Place.APPLICATIONS, at_log),
    "events": (Place.EVENTS, at_event),
    "conflicts": (Place.CONFLICTS, at_conflict),
    "jobs": (Place.JOBS, at_job),
    "alarms": (Place.ALARMS, at_alarm),
}


async def drawn(
    session: FakeSession, place: Place, act: Act, size: tuple[int, int], look: str, *, keys: bool = True
) -> str:
    """The screen as text, after somebody has acted and it stands still."""
    app = console_on(
        session,
        first=place,
        theme="monochrome" if look == "monochrome" else "dark",
        letters_ascii=look == "ascii",
    )
    async with app.run_test(size=size) as pilot:
        operator = Operator(pilot, session)
        await operator.until(lambda: app.front and app.front.drawn.status, "the first picture")
        await operator.rests()
        await act(operator)
        await operator.rests(keys=keys)
        text = operator.text()
    assert text.isascii() or look != "ascii"
    return "\n".join(line.rstrip() for line in text.split("\n")) + "\n"


def named(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", SIZES, ids=named)
@pytest.mark.parametrize("name", SCREENS)
async def test_the_screen(
    name: str,
    size: tuple[int, int],
    look: str,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tuiconsole.console.app.EVERY", 3_600.0)
    place, act = SCREENS[name]
    assert await drawn(logged(), place, act, size, look) == snapshot(extension_class=Drawn)


async def at_start_with_arguments(operator: Operator) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("enter")
    await operator.on(SENSOR)
    await operator.press("S")
    await operator.sees("would start on console_1")


async def at_maintenance(operator: Operator) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("M")
    await operator.sees("Hands off scen2_hci_02 for")


async def at_scale(operator: Operator) -> None:
    await operator.on("plant")
    await operator.press("number_sign", "4")
    await operator.sees("would be scaled to 4")


async def at_disable(operator: Operator) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("d")
    await operator.sees("Disable scen2_hci_02?")


async def at_drain(operator: Operator) -> None:
    await operator.press("down", "F")
    await operator.sees("would stay on server_2")


async def at_loss(operator: Operator) -> None:
    await operator.press("down", "L")
    await operator.sees("would have no place")


async def at_shutdown(operator: Operator) -> None:
    await operator.press("colon", *"shutdown", "enter")
    await operator.sees("(stop_sequence 1)")


DIALOGS: dict[str, tuple[Place, Act]] = {
    "start_with": (Place.APPLICATIONS, at_start_with_arguments),
    "maintenance": (Place.APPLICATIONS, at_maintenance),
    "scale": (Place.APPLICATIONS, at_scale),
    "disable": (Place.APPLICATIONS, at_disable),
    "drain": (Place.NODES, at_drain),
    "loss": (Place.NODES, at_loss),
    "shutdown": (Place.OVERVIEW, at_shutdown),
}


@pytest.mark.parametrize(
    ("size", "look"),
    [*((size, "colour") for size in SIZES), (SIZES[0], "monochrome"), (SIZES[0], "ascii")],
    ids=lambda one: one if isinstance(one, str) else named(one),
)
@pytest.mark.parametrize("name", DIALOGS)
async def test_the_dialog(name: str, size: tuple[int, int], look: str, snapshot: SnapshotAssertion) -> None:
    place, act = DIALOGS[name]
    session = FakeSession(with_application(reference(), pumps()))
    assert await drawn(session, place, act, size, look) == snapshot(extension_class=Drawn)


async def at_prompt(operator: Operator) -> None:
    operator.app.screen.query_one(FootLine).cursor_blink = False  # else the screen is never at rest
    await operator.press("colon", *"start scen2_hci_0")
    await operator.sees(": start scen2_hci_01")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", SIZES, ids=named)
async def test_the_prompt(size: tuple[int, int], look: str, snapshot: SnapshotAssertion) -> None:
    text = await drawn(FakeSession(), Place.APPLICATIONS, at_prompt, size, look, keys=False)
    assert text == snapshot(extension_class=Drawn)


def prepared(session: FakeSession, act: Act) -> Callable[[Pilot[int]], Awaitable[None]]:
    """Waits for the first picture, then acts. A failure ends the console, which else went on."""

    async def run(pilot: Pilot[int]) -> None:
        operator = Operator(pilot, session)
        try:
            await operator.until(lambda: operator.app.front and operator.app.front.drawn.status, "it")
            await operator.sees("Quit")
            await act(operator)
            await operator.pilot.pause(0.3)
        except pytest.fail.Exception as failure:
            operator.app.exit()
            raise AssertionError(str(failure)) from failure

    return run


def quiet(app: ConsoleApp) -> ConsoleApp:
    app.animation_level = "none"
    return app


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast", "monochrome"])
def test_the_overview_in_each_theme(snap_compare: Compare, theme: str) -> None:
    session = logged()
    app = quiet(console_on(session, first=Place.OVERVIEW, theme=theme))
    assert snap_compare(app, terminal_size=(120, 35), run_before=prepared(session, at_item))


def test_the_overview_without_colours(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    session = logged()
    app = quiet(console_on(session, first=Place.OVERVIEW))
    assert snap_compare(app, terminal_size=(80, 24), run_before=prepared(session, at_item))


@pytest.mark.parametrize("size", SIZES)
def test_a_lost_connection_while_a_start_goes_on(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = logged()

    async def lose(operator: Operator) -> None:
        await operator.sees("the bus listens")
        session.tell(link=Link(connected=False, reason="agent console_1 does not answer"), age=12.0)
        await operator.sees("CONNECTION LOST")
        await operator.sees("starting 2/3")

    app = quiet(console_on(session, first=Place.OVERVIEW))
    assert snap_compare(app, terminal_size=size, run_before=prepared(session, lose))


@pytest.mark.parametrize("size", SIZES[:2])
def test_a_refused_start(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = FakeSession()

    async def refuse(operator: Operator) -> None:
        await operator.on("scen2_hci_03")
        await operator.press("s")
        session.answer(Outcome("scen2_hci_03", Verdict.REFUSED, NO_NODE))
        await operator.sees("start scen2_hci_03 refused")
        await operator.until(lambda: "LOCAL means" in operator.text(), "the toast")

    assert snap_compare(quiet(console_on(session)), terminal_size=size, run_before=prepared(session, refuse))


@pytest.mark.parametrize("size", SIZES[:2])
def test_the_confirmation_of_a_stop(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = FakeSession(with_application(reference(), application("scen2_hci_02", (), "console_3")))

    async def ask(operator: Operator) -> None:
        await operator.on("scen2_hci_02")
        await operator.press("x")
        await operator.sees("Stop scen2_hci_02?")

    assert snap_compare(quiet(console_on(session)), terminal_size=size, run_before=prepared(session, ask))


def test_the_help_read_only(snap_compare: Compare) -> None:
    session = FakeSession()

    async def help_me(operator: Operator) -> None:
        await operator.press("3", "question_mark")
        await operator.sees("Refused: read-only.")

    app = quiet(console_on(session, read_only=True, first=Place.OVERVIEW))
    assert snap_compare(app, terminal_size=(80, 24), run_before=prepared(session, help_me))
