"""A console that is left on for a shift: what it takes does not grow, and nothing is drawn for nothing."""

from __future__ import annotations

import gc
import sys

import msgspec
import pytest
from textual._styles_cache import StylesCache

from tuiconsole.client.session import Link
from tuiconsole.console.leftovers import forget_gone_widgets
from tuiconsole.console.pace import CALM, KEY_TAKES, LONGEST_WAIT, SHORTEST, KeysFirst, pause_after
from tuiconsole.console.picture import Picture
from tuiconsole.console.trends import KEPT, Trends
from tuiconsole.console.widgets.details.panel import DetailsPanel
from tuiconsole.console.widgets.dialogs.answer import AnswerPane, Drawn
from tuiconsole.console.widgets.dialogs.why import WhyScreen
from tuiconsole.console.widgets.header.cluster_header import ClusterHeader
from tuiconsole.model.status import ClusterStatus, MasterStatus

from .conftest import Console
from .scenario import application, crowd, process, reference, with_application


def drawn_widgets() -> int:
    """Widgets, gone ones too, whose drawn lines are still in memory."""
    gc.collect()
    return sum(isinstance(one, StylesCache) for one in gc.get_objects())


async def test_what_a_screen_has_drawn_goes_when_the_screen_is_left(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_03:scen2_sensor_view")

        async def there_and_back() -> int:
            await operator.press("p")
            await operator.sees("Starts, exits")
            await operator.press("escape")
            await operator.misses("Starts, exits")
            await operator.pilot.pause()
            forget_gone_widgets()
            return drawn_widgets()

        first = await there_and_back()
        for _ in range(3):
            last = await there_and_back()
        # Each visit would leave some ten of them; what is on the screen itself comes and goes by a few.
        assert last < first + 10


async def test_a_picture_that_looks_the_same_draws_nothing_again(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_03:scen2_sensor_view")
        await operator.pilot.pause()
        screen = operator.app.front
        assert screen is not None
        drawn: list[str] = []
        for widget in screen.walk_children(with_self=True):

            def note(*regions: object, name: str = type(widget).__name__, **_: object) -> None:
                drawn.append(f"{name} {regions}")

            widget.refresh = note  # type: ignore[assignment]
        screen.show(msgspec.structs.replace(screen.picture))
        assert drawn == []


async def test_only_the_lines_that_changed_are_drawn_again(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_03:scen2_sensor_view")
        await operator.pilot.pause()
        screen = operator.app.front
        assert screen is not None
        header = screen.query_one(ClusterHeader)
        drawn: list[int] = []
        header.refresh = lambda *some, **_: drawn.extend(one.y for one in some)  # type: ignore[assignment]
        status = msgspec.structs.replace(reference(), master=MasterStatus("server_2", 4))
        header.show(msgspec.structs.replace(screen.picture, status=status))
        assert drawn == [1]


def using(cpu: float | None) -> Picture:
    one = msgspec.structs.replace(process("app", "p"), cpu=cpu, memory=None if cpu is None else 1000)
    return seen(with_application(reference(), application("app", (), processes=(one,))))


def seen(status: ClusterStatus) -> Picture:
    return Picture(Link(connected=True), status, age=0.0)


def test_a_curve_begins_with_its_first_value_and_has_gaps_where_it_did_not_run() -> None:
    trends = Trends()
    for cpu in (None, 1.0, 2.0, None, 3.0):
        trends.sample(using(cpu))
    seen = trends.of("app:p").cpu
    assert [value for value in seen if value == value] == [1.0, 2.0, 3.0]
    assert len(seen) == 4


def test_a_curve_keeps_its_last_five_minutes_and_no_more_room_than_at_first() -> None:
    trends = Trends()
    trends.sample(using(0.0))
    rings = trends._rings["app:p"]
    room = [ring.buffer_info() for ring in rings]
    for number in range(1, KEPT + 10):
        trends.sample(using(float(number)))
    assert trends.of("app:p").cpu == tuple(float(number) for number in range(10, KEPT + 10))
    assert [ring.buffer_info() for ring in rings] == room


def test_a_great_cluster_is_sampled_in_parts_and_what_is_gone_is_forgotten() -> None:
    trends = Trends()
    parts = list(trends.sampling(seen(crowd(200, 20))))
    assert len(parts) >= 4
    assert trends.of("line_199:worker_019").cpu
    trends.sample(seen(reference()))
    assert trends.of("line_199:worker_019").cpu == ()


def test_what_is_cheap_is_painted_at_once_and_a_great_cluster_leaves_room_for_keys() -> None:
    assert pause_after(0.002) == SHORTEST
    assert pause_after(0.02) == CALM
    assert pause_after(0.3) >= 0.6


async def test_what_is_no_longer_asked_for_leaves_no_work_that_never_ran(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor moves on in the very turn in which the log of a row, or an answer, would be asked for."""
    complaints: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda failure: complaints.append(str(failure.exc_value)))
    async with console() as operator:
        await operator.on("scen2_hci_03:scen2_sensor_view")
        panel = operator.control.query_one(DetailsPanel)
        panel._open()
        panel.workers.cancel_group(panel, "tail")
        await operator.press("w")
        await operator.until(lambda: isinstance(operator.app.screen, WhyScreen), "the answer")
        answer = operator.app.screen.query_one(AnswerPane)

        async def nothing() -> Drawn:
            return lambda width: ()

        answer.ask(nothing)
        answer.ask(nothing)
        await operator.press("escape")
        await operator.until(lambda: operator.app.screen is operator.control, "back")
    gc.collect()
    assert complaints == []


def test_pictures_wait_for_what_a_key_does_and_not_for_a_key_that_is_held_down() -> None:
    keys = KeysFirst()
    assert keys.wait(10.0, began=10.0) == 0
    keys.press(10.0)
    assert keys.wait(10.0, began=10.0) == pytest.approx(KEY_TAKES)
    assert keys.wait(10.0 + KEY_TAKES, began=10.0) == 0
    keys.press(10.0 + KEY_TAKES)
    assert keys.wait(10.0 + KEY_TAKES, began=10.0) == pytest.approx(LONGEST_WAIT - KEY_TAKES)
    keys.press(10.0 + LONGEST_WAIT)
    assert keys.wait(10.0 + LONGEST_WAIT, began=10.0) == 0
