"""What is rarer than a start or stop: each says before what comes of it, and asks first where due."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.client.session import Action, Outcome, Verdict
from tuiconsole.console.actions import Danger, Place
from tuiconsole.console.registry import REGISTRY, actions_of
from tuiconsole.console.widgets.dialogs.choice import ChoiceDialog
from tuiconsole.console.widgets.dialogs.confirm import ConfirmDialog
from tuiconsole.console.widgets.dialogs.scale import ScaleDialog
from tuiconsole.console.widgets.dialogs.start import StartDialog
from tuiconsole.console.widgets.dialogs.told import ToldScreen
from tuiconsole.model.plan import Question
from tuiconsole.model.status import MaintenanceStatus, QuorumStatus

from .conftest import Console, Operator
from .fake_session import FakeSession
from .scenario import HCI, application, pumps, reference, starting_hci, with_application

HCI1, HCI2 = "scen2_hci_01", "scen2_hci_02"
VIEW = f"{HCI1}:scen2_chart_view"


async def opened(operator: Operator, kind: type) -> None:
    await operator.until(lambda: isinstance(operator.app.screen, kind), kind.__name__)


async def asked(operator: Operator, *wanted: tuple[Action, str]) -> None:
    await operator.until(lambda: len(operator.session.asked) >= len(wanted), "the request")
    assert operator.session.asked == list(wanted)


async def on_process(operator: Operator, namespec: str) -> None:
    """Open its application, and go to it."""
    await operator.on(namespec.partition(":")[0])
    await operator.press("enter")
    await operator.on(namespec)


async def typed(operator: Operator, line: str) -> None:
    await operator.press("colon", *line, "enter")


async def test_arguments_typed_in_the_choice_of_a_start_reach_the_process(console: Console) -> None:
    async with console() as operator:
        await on_process(operator, VIEW)
        await operator.press("S")
        await opened(operator, StartDialog)
        await operator.sees("Added to its command")
        await operator.press("down", "down", "tab", *"--tape '7 8'", "enter")
        await asked(operator, (Action.START, VIEW))
        assert operator.session.arguments == [("--tape", "7 8")]
        assert operator.session.details[0]["strategy"] == "LESS_LOADED"


async def test_arguments_that_no_shell_would_take_are_refused_with_the_reason(console: Console) -> None:
    async with console() as operator:
        await on_process(operator, VIEW)
        await operator.press("S", "tab", *"--tape '7", "enter")
        await operator.sees("No closing quotation")
        assert operator.session.asked == []


async def test_an_application_takes_no_arguments(console: Console) -> None:
    async with console() as operator:
        await operator.on(HCI1)
        await operator.press("S")
        await opened(operator, StartDialog)
        assert "Added to its command" not in operator.text()


async def test_a_restart_with_a_choice_foretells_the_restart_and_asks_first(console: Console) -> None:
    async with console() as operator:
        await operator.on(HCI2)
        await operator.press("R")
        await operator.sees("would restart on console_1")
        await operator.press("enter")
        await opened(operator, ConfirmDialog)
        assert operator.session.asked == []
        await operator.press("y")
        await asked(operator, (Action.RESTART, HCI2))
        assert operator.session.questions[0][0] is Question.RESTART


async def test_a_program_is_disabled_with_a_reason_and_enabled_again(console: Console) -> None:
    async with console() as operator:
        await on_process(operator, VIEW)
        await operator.press("d")
        await operator.sees("Nothing and nobody starts it then; what runs goes on")
        await operator.press(*"noisy", "enter")
        await asked(operator, (Action.DISABLE, VIEW))
        assert operator.session.details[0]["reason"] == "noisy"
        operator.session.answer(Outcome(VIEW, Verdict.DONE, "disabled"))
        await typed(operator, f"enable {VIEW}")
        await asked(operator, (Action.DISABLE, VIEW), (Action.ENABLE, VIEW))


async def test_several_are_disabled_only_after_a_confirmation_that_rests_on_cancel(console: Console) -> None:
    async with console() as operator:
        for name in (HCI1, HCI2):
            await operator.on(name)
            await operator.press("space")
        await operator.press("d")
        await operator.sees("Disable 2 targets?")
        assert operator.app.focused is not None
        assert operator.app.focused.id == "cancel"
        await operator.press("enter")
        await operator.misses("Disable 2 targets?")
        assert operator.session.asked == []


async def test_what_is_disabled_and_with_which_arguments_it_runs_is_shown(console: Console) -> None:
    hci = application(HCI1, HCI, "console_1")
    by = "ada since 2026-11-23T11:00:00.000Z: noisy"
    processes = tuple(
        msgspec.structs.replace(one, disabled=by, arguments=("--tape", "7 8"))
        if one.namespec == VIEW
        else one
        for one in hci.processes
    )
    status = with_application(reference(), msgspec.structs.replace(hci, processes=processes))
    async with console(FakeSession(status)) as operator:
        await on_process(operator, VIEW)
        await operator.sees(f"disabled {by}")
        await operator.sees("arguments --tape '7 8'")


@pytest.mark.parametrize(("keys", "seconds"), [((), 15 * 60.0), (("down",), 3600.0)])
async def test_an_application_is_put_in_maintenance(
    console: Console, keys: tuple[str, ...], seconds: float
) -> None:
    async with console() as operator:
        await on_process(operator, VIEW)
        await operator.press("M")
        await operator.sees(f"Hands off {HCI1} for")
        await operator.press(*keys, "tab", *"new disk", "enter")
        await asked(operator, (Action.MAINTAIN, HCI1))
        assert operator.session.seconds == [seconds]
        assert operator.session.details[0]["reason"] == "new disk"


async def test_a_maintenance_that_goes_on_is_ended_first_of_all(console: Console) -> None:
    told = MaintenanceStatus("2026-11-23T14:00:00.000Z", "ada", "2026-11-23T11:00:00.000Z")
    status = with_application(reference(), application(HCI1, HCI, maintenance=told))
    async with console(FakeSession(msgspec.structs.replace(status, maintenance=told))) as operator:
        await operator.on(HCI1)
        await operator.press("M", "enter")
        await asked(operator, (Action.MAINTAIN, HCI1))
        assert operator.session.seconds == [0.0]
        operator.session.answer(Outcome(HCI1, Verdict.DONE, "is in no maintenance"))
        await typed(operator, "hands_off")
        await operator.sees("Hands off the whole system for")
        await operator.press("enter")
        await asked(operator, (Action.MAINTAIN, HCI1), (Action.MAINTAIN, "*"))
        assert operator.session.seconds == [0.0, 0.0]


async def test_a_node_is_in_maintenance_for_at_most_four_hours(console: Console) -> None:
    async with console(first=Place.NODES) as operator:
        await operator.press("down", "M")
        await operator.sees("Hands off server_2 for")
        assert "Why?" not in operator.text(), "the agent records who and when, no more"
        await operator.press("escape")
        await typed(operator, "maintenance server_2 5h")
        await operator.sees("'5h' is no such time")
        assert operator.session.asked == []
        await typed(operator, "maintenance server_2 90s")
        await asked(operator, (Action.MAINTAIN, "server_2"))
        assert operator.session.seconds == [90.0]


async def test_the_whole_system_is_left_alone_for_a_time_that_is_typed(console: Console) -> None:
    async with console() as operator:
        await typed(operator, "hands_off 2d")
        await asked(operator, (Action.MAINTAIN, "*"))
        assert operator.session.seconds == [2 * 86400.0]


async def test_a_program_is_scaled_after_what_the_number_would_do_was_shown(console: Console) -> None:
    async with console(FakeSession(with_application(reference(), pumps()))) as operator:
        await on_process(operator, "plant:pump_1")
        await operator.press("number_sign")
        await opened(operator, ScaleDialog)
        await operator.sees("2 now")
        await operator.sees("as it is now")
        await operator.press("enter")
        assert operator.session.asked == [], "as it is, there is nothing to ask for"
        await operator.press("4")
        await operator.sees("plant:pump would be scaled to 4")
        assert operator.session.questions == [(Question.SCALE, 4)]
        await operator.press("tab", *"busy", "enter")
        await asked(operator, (Action.SCALE, "plant:pump"))
        assert operator.session.numbers == [4]
        assert operator.session.details[0]["reason"] == "busy"


async def test_what_has_one_process_only_is_not_scaled_and_says_why(console: Console) -> None:
    async with console(FakeSession(with_application(reference(), pumps()))) as operator:
        await on_process(operator, "plant:valve")
        await operator.press("number_sign")
        await operator.sees("no program of several processes")
        await typed(operator, "scale plant 3")
        await opened(operator, ScaleDialog)
        await operator.sees("would be scaled to 3")


async def test_a_start_that_goes_on_is_cancelled_and_not_stopped(console: Console) -> None:
    status = with_application(reference(), starting_hci(HCI1, "console_1", 2))
    async with console(FakeSession(status), first=Place.JOBS) as operator:
        await operator.sees("sequence 2:")
        await operator.press("X")
        await operator.sees(f"Cancel {HCI1}?")
        await operator.press("y")
        await asked(operator, (Action.CANCEL, HCI1))


async def test_a_drain_says_what_moves_and_what_stays_and_rests_on_cancel(console: Console) -> None:
    async with console(first=Place.NODES) as operator:
        await operator.press("down", "F")
        await operator.sees("Drain server_2?")
        await operator.sees("scen2_srv_02 would move server_2 → server_1")
        await operator.sees("scen2_srv_03 would stay on server_2: 110 %")
        assert operator.app.focused is not None
        assert operator.app.focused.id == "cancel"
        assert operator.session.asked == []
        await operator.press("y")
        await asked(operator, (Action.DRAIN, "server_2"))


async def test_a_node_that_is_drained_is_not_drained_again_but_given_back(console: Console) -> None:
    status = reference()
    drained = msgspec.structs.replace(status.nodes[1], drained="ada since noon: new disk")
    status = msgspec.structs.replace(status, nodes=(status.nodes[0], drained, *status.nodes[2:]))
    async with console(FakeSession(status), first=Place.NODES) as operator:
        await typed(operator, "drain server_2")
        await operator.sees("server_2 is drained already, by ada since noon: new disk")
        await typed(operator, "undrain server_2")
        await asked(operator, (Action.UNDRAIN, "server_2"))


async def test_what_the_loss_of_a_node_would_do_is_told_also_to_who_only_looks(console: Console) -> None:
    async with console(first=Place.NODES, read_only=True) as operator:
        await operator.press("down", "L")
        await opened(operator, ToldScreen)
        await operator.sees("scen2_srv_02 would have no place")
        await operator.press("escape")
        await typed(operator, "loss server_9")
        await operator.sees("nothing is named 'server_9'")


@pytest.mark.parametrize(("command", "action"), [("shutdown", Action.SHUTDOWN), ("reload", Action.RELOAD)])
async def test_the_end_of_the_system_shows_its_order_and_wants_the_clusters_name(
    console: Console, command: str, action: Action
) -> None:
    async with console() as operator:
        await typed(operator, command)
        await opened(operator, ConfirmDialog)
        await operator.sees("scen2_srv_01 would stop on server_1 (stop_sequence 1)")
        await operator.press(*"scenario_3", "enter")
        assert operator.session.asked == [], "another name ends nothing"
        await operator.press("backspace", "2", "enter")
        await asked(operator, (action, "scenario_2"))


async def test_the_synchronization_is_ended_by_its_command(console: Console) -> None:
    async with console() as operator:
        await typed(operator, "end_sync")
        await asked(operator, (Action.END_SYNC, "scenario_2"))


async def test_without_a_master_a_stop_says_who_obeys_it_and_is_for_the_nodes_that_are_reached(
    console: Console,
) -> None:
    status = reference(master=None, quorum=QuorumStatus(3, 1, 2, held=False))
    async with console(FakeSession(status)) as operator:
        await operator.on(HCI2)
        await operator.press("x")
        await operator.sees("There is no master: the nodes that are reached stop it.")
        await operator.press("y")
        await asked(operator, (Action.STOP, HCI2))
        assert operator.session.masterless == [True]


async def test_with_a_master_a_stop_is_for_the_master(console: Console) -> None:
    async with console() as operator:
        await operator.on(HCI2)
        await operator.press("x")
        await operator.sees("Cancel")
        assert "no master" not in operator.text()
        await operator.press("y")
        await asked(operator, (Action.STOP, HCI2))
        assert operator.session.masterless == [False]


def test_what_is_about_the_whole_system_has_no_key_that_could_be_hit_by_mistake() -> None:
    for action in REGISTRY:
        if action.danger is Danger.SWEEPS and not action.scope:
            assert not action.keys


@pytest.mark.parametrize("place", [place for place in Place if place is not Place.LOGS])
def test_no_key_means_two_things_on_one_screen(place: Place) -> None:
    keys = [key for action in actions_of(place) for key in action.keys]
    assert len(set(keys)) == len(keys)


async def test_the_palette_and_the_help_name_what_has_no_key(console: Console) -> None:
    async with console(size=(100, 80)) as operator:
        await operator.press("ctrl+p", *"shutdown")
        await operator.sees("Shutdown (:shutdown)")
        await operator.press("escape", "escape", "question_mark")
        await operator.sees(":shutdown")
        assert isinstance(operator.app.screen, ChoiceDialog) is False
