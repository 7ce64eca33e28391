"""What is rarer than a start or a stop, and lasts: disabled, in maintenance, scaled; the system's end."""

from __future__ import annotations

from tuiconsole.client.durations import longest_words, seconds_of
from tuiconsole.client.session import Action
from tuiconsole.console.requests import Wish
from tuiconsole.console.rows.confirm import asked_of_disabling, asked_of_the_end
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.why import plan_lines
from tuiconsole.console.screens.asking import AskingScreen
from tuiconsole.console.subject import Kind
from tuiconsole.console.widgets.dialogs.answer import Asking, Drawn
from tuiconsole.console.widgets.dialogs.choice import Choice, ChoiceDialog, Chosen
from tuiconsole.console.widgets.dialogs.confirm import WHY
from tuiconsole.console.widgets.dialogs.scale import Scaled, ScaleDialog
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.requests import ALL
from tuiconsole.model.status import ProcessStatus

_END = "end"
_LONGEST_OF_NODE = 4 * 3600.0
_LONGEST = 30 * 24 * 3600.0
_OF_NODE: tuple[Choice, ...] = (
    Choice("60s", "its agent may be down, and nothing of it stops or moves"),
    Choice("5m", "five minutes; if its machine dies meanwhile, nothing starts elsewhere before it is over"),
    Choice("30m", "half an hour"),
    Choice("1h", "an hour"),
    Choice("4h", "the longest"),
)
_OF_APPLICATION: tuple[Choice, ...] = (
    Choice("15m", "a quarter of an hour: nothing is done by itself, what people ask for is"),
    Choice("1h", "an hour"),
    Choice("4h", "half a shift"),
    Choice("8h", "a shift"),
    Choice("24h", "until tomorrow"),
    Choice("7d", "a week; for other times type :maintenance NAME 2d"),
)
_OVER = Choice(_END, "end it now: what is wanted and runs nowhere is started")


class OperatingScreen(AskingScreen):
    """Asks for it, with what is due before."""

    def preview(self, question: Question, *names: str) -> Asking:
        """What would come of it, drawn."""

        async def ask() -> Drawn:
            plan = await self.desk.plan(question, names)
            return lambda width: plan_lines(plan, width)

        return ask

    # -- disabled programs -----------------------------------------------------------------------------------

    def action_disable(self) -> None:
        self._disable(self.meant)

    def told_disable(self, target: str) -> None:
        """Disable this."""
        self._disable((target,))

    def action_enable(self) -> None:
        self.request("enable", self.meant)

    def told_enable(self, target: str) -> None:
        """Enable this."""
        self.request("enable", (target,))

    def _disable(self, keys: tuple[str, ...]) -> None:
        if keys:
            self.confirm(asked_of_disabling(self.picture, keys), Wish(Action.DISABLE, keys))

    # -- maintenance -----------------------------------------------------------------------------------------

    def action_maintenance(self) -> None:
        subject = self.subject
        name = subject.key if subject.kind is Kind.NODE else subject.key.partition(":")[0]
        self._choose_maintenance(name)

    def told_maintenance(self, words: str) -> None:
        """Begin or end the maintenance of an application or node: its name, and for how long, or `end`."""
        name, _, time = words.partition(" ")
        if self.picture.node_status(name) is None:
            name = name.partition(":")[0]
        if time:
            self._maintain(name, Chosen(time.strip()))
        else:
            self._choose_maintenance(name)

    def action_hands_off(self) -> None:
        self._choose_maintenance(ALL)

    def told_hands_off(self, time: str) -> None:
        """Begin or end the maintenance of the whole system."""
        self._maintain(ALL, Chosen(time))

    def _choose_maintenance(self, name: str) -> None:
        node = self.picture.node_status(name)
        application = self.picture.application(name)
        spells = _OF_NODE if node is not None else _OF_APPLICATION
        concerned = self.picture.status if name == ALL else node or application
        going_on = concerned is not None and concerned.maintenance is not None
        what = "the whole system" if name == ALL else plain(name)
        choices = (_OVER, *spells) if going_on else spells
        self.app.push_screen(
            ChoiceDialog(f"Hands off {what} for", choices, "" if node is not None else WHY),
            lambda chosen: self._maintain(name, chosen),
        )

    def _maintain(self, name: str, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        longest = _LONGEST_OF_NODE if self.picture.node_status(name) is not None else _LONGEST
        seconds = 0.0 if chosen.key == _END else seconds_of(chosen.key, longest)
        if seconds is None:
            most = longest_words(longest)
            words = f"{chosen.key!r} is no such time; give 60s, 5m or 1h, at most {most}, or end"
            self.notify(plain(words), severity="warning", markup=False)
            return
        self.ask(Wish(Action.MAINTAIN, (name,), seconds=seconds, reason=chosen.text))

    # -- programs of several processes -----------------------------------------------------------------------

    def action_scale(self) -> None:
        self.told_scale(self.subject.key)

    def told_scale(self, words: str) -> None:
        """Ask how many processes the program of this one is to have; a number behind it is proposed."""
        key, _, number = words.partition(" ")
        application = self.picture.application(key)
        processes = application.processes if application else ()
        process = self.picture.process(key)
        meant = processes if process is None else (process,)
        programs = dict.fromkeys(one.program for one in meant if one.program)
        if len(programs) != 1:
            words = (
                "several of its programs can be scaled: select a process of one"
                if programs
                else "no program of several processes: its process_name has no %(process_num)d"
            )
            self.notify(words, severity="warning", markup=False)
            return
        self._choose_number(next(iter(programs)) or "", processes, number.strip())

    def _choose_number(self, program: str, processes: tuple[ProcessStatus, ...], proposed: str) -> None:
        now = sum(one.program == program for one in processes)

        async def foretell(number: int) -> Plan:
            return await self.desk.plan(Question.SCALE, (program,), number=number)

        def chosen(scaled: Scaled | None) -> None:
            if scaled is not None:
                self.ask(Wish(Action.SCALE, (program,), number=scaled.number, reason=scaled.reason))

        self.app.push_screen(ScaleDialog(program, now, foretell, proposed), chosen)

    # -- the whole system ------------------------------------------------------------------------------------

    def action_end_sync(self) -> None:
        self.ask(Wish(Action.END_SYNC, (self._cluster,)))

    def action_shutdown(self) -> None:
        self._end(Action.SHUTDOWN, Question.SHUTDOWN)

    def action_reload(self) -> None:
        self._end(Action.RELOAD, Question.RELOAD)

    def _end(self, action: Action, question: Question) -> None:
        name = self._cluster
        self.confirm(asked_of_the_end(name, action), Wish(action, (name,)), self.preview(question, name))

    @property
    def _cluster(self) -> str:
        return self.picture.status.cluster if self.picture.status else self.picture.cluster
