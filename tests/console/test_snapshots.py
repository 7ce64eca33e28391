"""What the screen looks like at the sizes that matter. After a change: look, then `--snapshot-update`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tuiconsole.client.session import Link, Outcome, Verdict
from tuiconsole.console.app import ConsoleApp

from .conftest import Operator, console_on
from .fake_session import FakeSession
from .scenario import NO_NODE, reference, starting_hci, with_application

SIZES = [(80, 24), (120, 35), (200, 60)]
Compare = Callable[..., bool]


def prepared(
    session: FakeSession, act: Callable[[Operator], Awaitable[None]]
) -> Callable[[Pilot[int]], Awaitable[None]]:
    """Waits for the first picture, then acts. A failure ends the console, which else went on."""

    async def run(pilot: Pilot[int]) -> None:
        operator = Operator(pilot, session)
        try:
            await operator.until(lambda: operator.control.applications.rows, "the first picture")
            await operator.sees("Quit")
            await operator.sees("common_data_bus has no stdout log")
            await act(operator)
        except pytest.fail.Exception as failure:
            operator.app.exit()
            raise AssertionError(str(failure)) from failure

    return run


def quiet(app: ConsoleApp) -> ConsoleApp:
    app.animation_level = "none"
    return app


async def at_process(operator: Operator) -> None:
    await operator.on("scen2_hci_02")
    await operator.press("enter")
    await operator.on("scen2_hci_02:scen2_sensor_view")
    await operator.sees("view 7 updated")
    await operator.sees("pid 4404")


def logged() -> FakeSession:
    session = FakeSession()
    text = "".join(f"11:59:{number:02d} sensor view {number} updated\n" for number in range(8))
    session.append("scen2_hci_02:scen2_sensor_view", text)
    return session


@pytest.mark.parametrize("size", SIZES)
def test_the_reference_with_a_process_selected(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = logged()
    app = quiet(console_on(session))
    assert snap_compare(app, terminal_size=size, run_before=prepared(session, at_process))


@pytest.mark.parametrize("size", SIZES)
def test_the_reference_without_colours(
    snap_compare: Compare, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    session = logged()
    app = quiet(console_on(session))
    assert snap_compare(app, terminal_size=size, run_before=prepared(session, at_process))


@pytest.mark.parametrize("size", SIZES)
def test_a_lost_connection_while_a_start_goes_on(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = FakeSession(with_application(reference(), starting_hci("scen2_hci_01", "console_1", 2)))

    async def lose(operator: Operator) -> None:
        await operator.on("scen2_hci_01")
        session.tell(link=Link(connected=False, reason="agent console_1 does not answer"), age=12.0)
        await operator.sees("CONNECTION LOST")
        await operator.sees("starting 2/3")
        await operator.sees("scen2_internal_data_bus has no stdout log")

    assert snap_compare(quiet(console_on(session)), terminal_size=size, run_before=prepared(session, lose))


@pytest.mark.parametrize("size", SIZES)
def test_a_refused_start(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = FakeSession()

    async def refuse(operator: Operator) -> None:
        await operator.on("scen2_hci_03")
        await operator.misses("has no stdout log")
        await operator.press("s")
        session.answer(Outcome("scen2_hci_03", Verdict.REFUSED, NO_NODE))
        await operator.sees("start scen2_hci_03 refused")
        await operator.until(lambda: "LOCAL means" in operator.text(), "the toast")
        await operator.pilot.pause(0.3)

    assert snap_compare(quiet(console_on(session)), terminal_size=size, run_before=prepared(session, refuse))


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
def test_the_confirmation_of_a_stop(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = FakeSession()

    async def ask(operator: Operator) -> None:
        await operator.on("scen2_hci_02")
        await operator.sees("scen2_internal_data_bus has no stdout log")
        await operator.press("x")
        await operator.sees("Stop scen2_hci_02?")

    assert snap_compare(quiet(console_on(session)), terminal_size=size, run_before=prepared(session, ask))


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
def test_the_help(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = FakeSession()

    async def help_me(operator: Operator) -> None:
        await operator.press("question_mark")
        await operator.sees("asks first")

    app = quiet(console_on(session, read_only=True))
    assert snap_compare(app, terminal_size=size, run_before=prepared(session, help_me))


def test_a_log_on_the_whole_screen(snap_compare: Compare) -> None:
    session = logged()

    async def open_log(operator: Operator) -> None:
        await at_process(operator)
        await operator.press("l")
        await operator.sees("● following")
        await operator.sees("view 7 updated")

    assert snap_compare(
        quiet(console_on(session)), terminal_size=(80, 24), run_before=prepared(session, open_log)
    )
