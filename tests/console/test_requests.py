"""What an operator asks for: it is asked once, its progress and its end are told."""

from __future__ import annotations

from tuiconsole.client.session import Action, Outcome, Progress, Verdict
from tuiconsole.console.widgets.dialogs.confirm import ConfirmDialog

from .conftest import Console
from .fake_session import FakeSession
from .scenario import NO_NODE, starting_hci, with_application


async def test_s_starts_the_selected_application_and_shows_each_step(console: Console) -> None:
    async with console() as operator:
        session = operator.session
        await operator.on("scen2_hci_01")
        await operator.press("s")
        await operator.until(lambda: session.asked, "the request")
        assert session.asked == [(Action.START, "scen2_hci_01")]
        session.answer(Progress("scen2_hci_01", "waits for scen2_check_internal_data_bus", 2, 3))
        assert session.status is not None
        session.tell(with_application(session.status, starting_hci("scen2_hci_01", "console_1", 2)))
        await operator.sees("start scen2_hci_01 2/3: waits for scen2_check_internal_data_bus")
        await operator.sees("STARTING 2/3")
        assert "scen2_hci_01:scen2_chart_view" in operator.keys, "a start opens its application"
        session.answer(Outcome("scen2_hci_01", Verdict.DONE, "started on console_1", ("console_1",)))
        await operator.sees("✓ scen2_hci_01 started on console_1")


async def test_a_refused_start_tells_its_reason_in_toast_status_line_details_and_event_log(
    console: Console,
) -> None:
    async with console(size=(200, 60)) as operator:
        await operator.on("scen2_hci_03")
        await operator.press("s")
        operator.session.answer(Outcome("scen2_hci_03", Verdict.REFUSED, "runs nowhere: " + NO_NODE))
        await operator.sees("start scen2_hci_03 refused: runs nowhere")
        event = operator.app.feed.picture().events[-1]
        assert event.subject == "scen2_hci_03"
        assert NO_NODE in event.text
        toasts = [one.message for one in operator.app._notifications]
        assert toasts == ["runs nowhere: " + NO_NODE]
        operator.app.clear_notifications()
        await operator.press("escape")
        await operator.until(lambda: operator.app.feed.requests.last_unseen is None, "the message dismissed")
        assert "refused" in operator.text(), "it stays in details and event log"


async def test_a_process_is_started_by_its_namespec(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_03:scen2_chart_view")
        await operator.press("s")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_03:scen2_chart_view")]


async def test_c_on_a_process_clears_its_whole_application(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_03:scen2_chart_view")
        await operator.press("c")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.CLEAR, "scen2_hci_03")]


async def test_x_asks_first_lists_its_target_and_rests_on_cancel(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_02")
        await operator.press("x")
        await operator.until(lambda: isinstance(operator.app.screen, ConfirmDialog), "the dialog")
        await operator.sees("Stop scen2_hci_02?")
        await operator.sees("on console_3, 4 processes alive")
        assert operator.app.focused is not None
        assert operator.app.focused.id == "cancel"
        cancel, confirm = (
            operator.app.screen.query_one(one).styles.background for one in ("#cancel", "#confirm")
        )
        assert abs(cancel.brightness - confirm.brightness) > 0.4, "where it rests is seen without colours"
        await operator.press("enter")
        await operator.until(lambda: not isinstance(operator.app.screen, ConfirmDialog), "the dialog closed")
        assert operator.session.asked == []


async def test_escape_leaves_the_dialog_and_changes_nothing(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_02")
        await operator.press("x", "escape")
        await operator.until(lambda: not isinstance(operator.app.screen, ConfirmDialog), "the dialog closed")
        assert operator.session.asked == []


async def test_a_confirmed_stop_is_asked_for_what_the_dialog_listed(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_02")
        await operator.press("x")
        await operator.until(lambda: isinstance(operator.app.screen, ConfirmDialog), "the dialog")
        operator.control.applications.place("scen2_srv_01")
        await operator.press("tab", "enter")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.STOP, "scen2_hci_02")]


async def test_r_asks_first_and_y_confirms(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_srv_02")
        await operator.press("r")
        await operator.sees("Restart scen2_srv_02?")
        assert operator.session.asked == []
        await operator.press("y")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.RESTART, "scen2_srv_02")]


async def test_a_second_s_while_the_start_goes_on_is_not_asked_again(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_01")
        await operator.press("s")
        await operator.until(lambda: operator.session.asked, "the request")
        await operator.press("s")
        await operator.sees("already asked")
        assert len(operator.session.asked) == 1


async def test_a_request_that_breaks_off_has_an_unknown_outcome_and_says_so(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_01")
        await operator.press("s")
        operator.session.answer(ConnectionResetError("the agent went away"))
        await operator.sees("outcome unknown: ConnectionResetError: the agent went away")
        assert operator.app.is_running


async def test_read_only_refuses_every_change_and_wears_a_badge(console: Console) -> None:
    async with console(read_only=True) as operator:
        assert " READ-ONLY " in operator.text()
        await operator.on("scen2_hci_02")
        for key, word in (("s", "Start"), ("x", "Stop"), ("r", "Restart"), ("c", "Clear")):
            await operator.press(key)
            await operator.sees(f"{word} is refused: this console is read-only")
            operator.app.clear_notifications()
        assert not isinstance(operator.app.screen, ConfirmDialog)
        assert operator.session.asked == []


async def test_nothing_is_asked_while_a_node_is_selected(console: Console) -> None:
    async with console() as operator:
        await operator.press("n")
        await operator.sees("Processes on it")
        await operator.press("x")
        await operator.sees("select one")
        assert operator.session.asked == []


async def test_a_request_without_a_connection_is_refused_in_words(console: Console) -> None:
    session = FakeSession()
    async with console(session) as operator:
        await operator.on("scen2_hci_01")
        await operator.app.feed.close()
        await operator.press("s")
        await operator.sees("not connected yet")
        assert session.asked == []
