"""The console's application: runs the feed, hands its pictures to the screens. It decides nothing."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import events
from textual.worker import Worker, WorkerState

from tuiconsole.client.session import Session, Verdict
from tuiconsole.clock import boottime
from tuiconsole.console.actions import Place
from tuiconsole.console.actions_palette import ActionProvider
from tuiconsole.console.ascii import AsciiFilter
from tuiconsole.console.attention import PERIOD, Bell
from tuiconsole.console.desk import Desk
from tuiconsole.console.feed import Feed, SessionFactory, utc_now
from tuiconsole.console.habits import load_habits, save_habits
from tuiconsole.console.leftovers import FORGET_EVERY, forget_gone_widgets
from tuiconsole.console.pace import KEY_TURNS, TURN, KeysFirst, pause_after
from tuiconsole.console.requests import Request, Wish
from tuiconsole.console.rows.alarms import known_alarms
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.console.screens.alarms import AlarmsScreen
from tuiconsole.console.screens.applications import ApplicationsScreen
from tuiconsole.console.screens.asking import AskingScreen
from tuiconsole.console.screens.base import ConsoleScreen
from tuiconsole.console.screens.conflicts import ConflictsScreen
from tuiconsole.console.screens.events import EventsScreen
from tuiconsole.console.screens.jobs import JobsScreen
from tuiconsole.console.screens.logs import LogScreen
from tuiconsole.console.screens.nodes import NodesScreen
from tuiconsole.console.screens.overview import OverviewScreen
from tuiconsole.console.screens.process import ProcessScreen
from tuiconsole.console.settings import ConsoleSettings, ThemeName
from tuiconsole.console.themes import THEMES
from tuiconsole.console.trends import EVERY
from tuiconsole.console.type_ahead import TypeAheadApp
from tuiconsole.console.work import begin_work
from tuiconsole.model.events import Severity
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.why import Why
from tuiconsole.source.errors import SourceError

if TYPE_CHECKING:
    from tuiconsole.rulebook.rulebook import Rulebook

_AGED = 1.0
"""Seconds after a picture from which the ages in it are wrong: there is another one then, news or not."""
_SETTLED = 0.5
"""Seconds after which what the first picture does not need is done."""
_REOPEN = 2.0
"""Seconds until what failed is run again."""

_SCREENS: dict[Place, type[ConsoleScreen]] = {
    Place.OVERVIEW: OverviewScreen,
    Place.APPLICATIONS: ApplicationsScreen,
    Place.NODES: NodesScreen,
    Place.EVENTS: EventsScreen,
    Place.CONFLICTS: ConflictsScreen,
    Place.JOBS: JobsScreen,
    Place.ALARMS: AlarmsScreen,
}
"""The screens of which there is one each: they keep cursor and filter while others are shown."""


class ConsoleApp(TypeAheadApp[int]):
    """The operator's console.

    Args:
        factory: opens the session; asked again for ever if it fails.
        cluster: the cluster's name as its file says.
        read_only: refuse whatever changes something, and show a badge.
        item: the cluster file's pattern of items.
        rules: reads this machine's rules files; called once, in a thread, after the first picture.
        settings: the operator's own.
        memory: where habits are remembered; None remembers nothing.
        letters_ascii: draw nothing but ASCII.
        zone: for the times of events; None is this machine's.
        now: the wall clock in UTC.
        blinks: let alarms blink that nobody has acknowledged.
        settled: called once, after the first picture.
    """

    COMMANDS: ClassVar = {ActionProvider}
    COMMAND_PALETTE_BINDING = "f12"
    TITLE = "tuiconsole"
    CSS = """
    ToastRack { margin-bottom: 2; }
    Toast { background: $panel; max-width: 72; }
    """

    def __init__(
        self,
        factory: SessionFactory,
        *,
        cluster: str = "",
        read_only: bool = False,
        item: str = "",
        rules: Callable[[], Rulebook] | None = None,
        settings: ConsoleSettings | None = None,
        memory: Path | None = None,
        letters_ascii: bool = False,
        zone: tzinfo | None = None,
        now: Callable[[], datetime] = utc_now,
        blinks: bool = True,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        settings = settings or ConsoleSettings()
        super().__init__()
        if letters_ascii:
            self._filters.append(AsciiFilter())
        self._memory = memory
        self._read_rules = rules
        habits = load_habits(memory)
        self._chosen_theme = habits.theme if habits.theme in THEMES else settings.theme
        last = next((place for place in _SCREENS if place.value == habits.screen), Place.OVERVIEW)
        self._first = settings.screen or last
        self._blinks = blinks
        self._settled = settled
        self._bell = Bell() if settings.bell else None
        self._keys = KeysFirst()
        self.feed = Feed(factory, cluster=cluster, read_only=read_only, item=item, now=now)
        self.desk = Desk(
            self._logs, self._plan, self._why, zone=zone, keymap=settings.keymap, habits=habits, now=now
        )
        self._screens: dict[Place, ConsoleScreen] = {}

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return THEMES["dark"].variables

    def on_mount(self) -> None:
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = self._chosen_theme
        self.push_screen(self.screen_of(self._first))
        self._run_paint()
        # Connecting begins with loading what it needs, which the first picture does not.
        self.call_after_refresh(self._run_follow)
        self.set_interval(EVERY, self._sample)
        if self._blinks:
            self.set_interval(PERIOD, self._blink)
        self.set_interval(FORGET_EVERY, forget_gone_widgets)
        self.set_timer(_SETTLED, self._settle)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self._keys.press(boottime())
        await super().on_event(event)

    async def on_unmount(self) -> None:
        save_habits(self._memory, self.desk.habits(self._chosen_theme))
        await self.feed.close()

    # -- screens ---------------------------------------------------------------------------------------------

    def screen_of(self, place: Place) -> ConsoleScreen:
        """The one screen of that kind."""
        found = self._screens.get(place)
        if found is None:
            found = self._screens[place] = _SCREENS[place](self.desk)
            self.install_screen(found, place.value)
        return found

    @property
    def front(self) -> ConsoleScreen | None:
        """The console's screen that is in front, dialogs apart."""
        return next((one for one in reversed(self.screen_stack) if isinstance(one, ConsoleScreen)), None)

    async def on_console_screen_go(self, message: ConsoleScreen.Go) -> None:
        subject = message.subject
        if message.place is Place.PROCESS:
            if subject is not None:
                await self._push(ProcessScreen(self.desk, subject.key))
            return
        screen = self.screen_of(message.place)
        if screen in self.screen_stack:
            while self.screen is not screen:
                await self.pop_screen()
        else:
            await self._push(screen)
        screen.show(self.feed.picture())
        if subject is not None and subject.key:
            screen.select(subject)

    async def on_asking_screen_logs_wanted(self, message: AskingScreen.LogsWanted) -> None:
        await self._push(LogScreen(self.desk, message.namespecs))

    async def _push(self, screen: ConsoleScreen) -> None:
        await self.push_screen(screen)
        screen.show(self.feed.picture())

    def watch_theme(self, _old: str, new: str) -> None:
        if new in THEMES:
            self._chosen_theme = new

    # -- pictures --------------------------------------------------------------------------------------------

    async def _paint(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            aged = loop.call_later(_AGED, self.feed.touch)
            await self.feed.changed()
            aged.cancel()
            began = boottime()
            waited = await self._give_way(began)
            turn = boottime()
            picture = self.feed.picture()
            # Reading a great status takes a while: a key that was pressed meanwhile goes first.
            if boottime() - turn >= TURN:
                waited += await self._give_way(began)
            known = picture.status is not None
            if self._bell is not None and known and self._bell.rings(known_alarms(picture)):
                self.bell()
            # Only now: what a key does may be to leave a screen.
            screen = self.front
            if screen is not None and screen.is_mounted:
                turn = boottime()
                for _ in screen.showing(picture):
                    # What is cheap is painted at once: whoever gets a turn in between may draw half of it.
                    if boottime() - turn >= TURN:
                        waited += await self._give_way(began)
                        turn = boottime()
                    if screen is not self.front:
                        break
            await asyncio.sleep(pause_after(boottime() - began - waited))

    async def _give_way(self, began: float) -> float:
        """Let go first what a key does; how many seconds were waited for it."""
        for _ in range(KEY_TURNS):
            await asyncio.sleep(0)
        since = boottime()
        while (wait := self._keys.wait(boottime(), began)) > 0:  # noqa: ASYNC110 (time is what it waits for)
            await asyncio.sleep(wait)
        return boottime() - since

    def _blink(self) -> None:
        """Turn to the other half of the blinking, if anything blinks."""
        screen = self.front
        if screen is None or not screen.is_mounted:
            return
        still = self.theme == ThemeName.MONOCHROME.value or self.animation_level == "none"
        waits = not still and any(one.state.open for one in known_alarms(screen.picture))
        lit = not (waits and self.desk.lit)
        if lit is not self.desk.lit:
            self.desk.lit = lit
            screen.blink()

    async def _sample(self) -> None:
        # What was shown last: a status is read for a picture, and not once more.
        screen = self.front
        if screen is not None:
            for _ in self.desk.trends.sampling(screen.picture):
                await self._give_way(boottime())

    # -- requests --------------------------------------------------------------------------------------------

    def on_asking_screen_asked(self, message: AskingScreen.Asked) -> None:
        wish = message.wish
        targets = tuple(one for one in wish.targets if not self._asked_already(wish, one))
        if not targets:
            return
        if self.feed.session is None:
            self.notify("not connected yet: nothing was asked", severity="warning", markup=False)
            return
        begin_work(
            self,
            functools.partial(self._ask, msgspec.structs.replace(wish, targets=targets)),
            name=f"{wish.action.value} {' '.join(targets)}",
            group="requests",
            alone=False,
        )

    def on_console_screen_dismissed(self) -> None:
        self.feed.dismiss()
        self.clear_notifications()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Make an event of what a worker raised, and run again what must go on."""
        if event.state is not WorkerState.ERROR:
            return
        error = event.worker.error
        words = plain(f"{type(error).__name__}: {error}")
        if event.worker.group == "follow":
            self.feed.trouble(words)
            self.set_timer(_REOPEN, self._run_follow)
        elif event.worker.group == "paint":
            self.set_timer(_REOPEN, self._run_paint)
        self.feed.note(f"{event.worker.name}: {words}", Severity.MAJOR)

    def _run_follow(self) -> None:
        begin_work(self, self.feed.follow, name="connection", group="follow")

    def _run_paint(self) -> None:
        self.feed.touch()
        begin_work(self, self._paint, name="screen", group="paint")

    def _settle(self) -> None:
        self._settled()
        if self._read_rules is not None:
            rules = functools.partial(self._rules, self._read_rules)
            begin_work(self, rules, name="rules", group="rules", alone=False)

    async def _rules(self, read: Callable[[], Rulebook]) -> None:
        try:
            self.feed.rules = await asyncio.to_thread(read)
        except (SourceError, OSError) as error:
            self.feed.note(plain(f"the rules of this machine cannot be shown: {error}"), Severity.MINOR)
        self.feed.touch()

    async def _ask(self, wish: Wish) -> None:
        async for request in self.feed.ask(wish):
            self._toast(request)

    def _toast(self, request: Request) -> None:
        done = request.verdict is Verdict.DONE
        # One at a time: what came before is in the event log, and a small screen has no room for both.
        self.clear_notifications()
        self.notify(
            sentence(request.sentence if done else request.text),
            title="" if done else plain(f"{request.action.value} {request.target}: {request.verdict_words}"),
            severity="information" if done else "error" if request.severity is Severity.MAJOR else "warning",
            timeout=4 if done else 12,
            markup=False,
        )

    def _asked_already(self, wish: Wish, target: str) -> bool:
        going_on = self.feed.requests.going_on(wish.action, target)
        if going_on is not None:
            self.notify(sentence(f"already asked – {going_on.sentence}"), timeout=4, markup=False)
        return going_on is not None

    async def _logs(self, namespec: str, stderr: bool, tail: int) -> AsyncIterator[str]:
        async for piece in self._opened.logs(namespec, stderr=stderr, tail=tail):
            yield piece

    async def _plan(
        self,
        question: Question,
        names: tuple[str, ...],
        *,
        strategy: str | None = None,
        origin: str = "",
        number: int = 0,
    ) -> Plan:
        return await self._opened.plan(question, names, strategy=strategy, origin=origin, number=number)

    async def _why(self, name: str) -> Why:
        return await self._opened.why(name)

    @property
    def _opened(self) -> Session:
        session = self.feed.session
        if session is None:
            raise LookupError("not connected yet")
        return session
