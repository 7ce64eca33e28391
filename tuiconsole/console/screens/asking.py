"""Screens on which things are acted upon: what is meant, and what is asked first."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import msgspec
from textual.message import Message

from tuiconsole.client.session import Action
from tuiconsole.console.actions import ConsoleAction, Place, request_targets
from tuiconsole.console.commands import ARGUMENTS
from tuiconsole.console.registry import action_of
from tuiconsole.console.requests import Wish
from tuiconsole.console.rows.confirm import Question as Confirmation
from tuiconsole.console.rows.confirm import asked, needs_confirmation
from tuiconsole.console.rows.details import log_of
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.screens.base import ConsoleScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.dialogs.answer import Asking
from tuiconsole.console.widgets.dialogs.choice import Choice, Chosen
from tuiconsole.console.widgets.dialogs.confirm import ConfirmDialog
from tuiconsole.console.widgets.dialogs.start import StartDialog
from tuiconsole.console.widgets.dialogs.why import WhyScreen
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.states import NodeState
from tuiconsole.rulebook.rules import StartingStrategy

_RULES = "as the rules say"
_ARGUMENTS = "Added to its command, in a shell's spelling; may stay empty. It holds for its restarts too."
_STRATEGY = {
    StartingStrategy.CONFIG: "the first node, in the order of the rules, that has room",
    StartingStrategy.LESS_LOADED: "the node with the least load",
    StartingStrategy.MOST_LOADED: "the node with the most load that has room",
    StartingStrategy.LOCAL: "this console's node",
    StartingStrategy.LESS_LOADED_NODE: "the node on the host with the least load",
    StartingStrategy.MOST_LOADED_NODE: "the node on the host with the most load that has room",
}


class AskingScreen(ConsoleScreen):
    """Turns keys into requests."""

    class Asked(Message):
        """The operator wants this of the cluster, and has confirmed it where that was due."""

        def __init__(self, wish: Wish) -> None:
            super().__init__()
            self.wish = wish

    class LogsWanted(Message):
        """The operator wants to read these logs."""

        def __init__(self, namespecs: tuple[str, ...]) -> None:
            super().__init__()
            self.namespecs = namespecs

    @property
    def meant(self) -> tuple[str, ...]:
        """What a key is about: what is marked, else what is selected."""
        if self.marked:
            return self.marked
        subject = self.subject
        return (subject.key,) if subject.kind in (Kind.APPLICATION, Kind.PROCESS) else ()

    def action_start(self) -> None:
        self.request("start", self.meant)

    def action_start_with(self) -> None:
        self.choose_start("start_with", self.meant)

    def action_restart_with(self) -> None:
        self.choose_start("restart_with", self.meant)

    def action_stop(self) -> None:
        self.request("stop", self.meant)

    def action_restart(self) -> None:
        self.request("restart", self.meant)

    def action_clear(self) -> None:
        self.request("clear", self.meant)

    def told_start(self, target: str) -> None:
        """Start this; behind ` -- ` what is added to a process's command, in a shell's spelling."""
        namespec, _, more = target.partition(f" {ARGUMENTS}")
        if not more:
            self.request("start", (target,))
            return
        try:
            self.ask(Wish(Action.START, (namespec,), arguments=tuple(shlex.split(more))))
        except ValueError as error:
            self.notify(plain(f"{more}: {error}"), severity="warning", markup=False)

    def told_start_with(self, target: str) -> None:
        """Start this, with choices."""
        self.choose_start("start_with", (target,))

    def told_restart_with(self, target: str) -> None:
        """Restart this, with choices."""
        self.choose_start("restart_with", (target,))

    def told_stop(self, target: str) -> None:
        """Stop this."""
        self.request("stop", (target,))

    def told_restart(self, target: str) -> None:
        """Restart this."""
        self.request("restart", (target,))

    def told_clear(self, target: str) -> None:
        """Clear this."""
        self.request("clear", (target,))

    def action_log(self) -> None:
        self._open_logs(self.meant)

    def told_log(self, target: str) -> None:
        """Open the log of this."""
        self._open_logs((target,))

    def action_why(self) -> None:
        self.told_why(self.subject.key)

    def told_why(self, target: str) -> None:
        """Explain this."""
        self.app.push_screen(WhyScreen(target, self.desk.why, self.desk.zone))

    def action_process(self) -> None:
        self.told_process(self.subject.key)

    def told_process(self, target: str) -> None:
        """Show the process; of an application, the one whose log would be meant."""
        namespec = log_of(self.picture, target)
        if namespec:
            self.post_message(self.Go(Place.PROCESS, Subject(Kind.PROCESS, namespec)))
        else:
            self.notify("it has no process", severity="warning", markup=False)

    def request(self, action_id: str, keys: tuple[str, ...]) -> None:
        """Ask for an action on these, after the operator has confirmed it where that is due."""
        action = action_of(action_id)
        if action is None or action.asks is None or not keys:
            return
        targets = request_targets(action, keys)
        wish = Wish(action.asks, targets, without_master=action.asks is Action.STOP and self._masterless)
        if needs_confirmation(action, targets):
            self.confirm(asked(self.picture, action, targets), wish)
        else:
            self.ask(wish)

    @property
    def _masterless(self) -> bool:
        """True if nobody could take a request: a stop is then for the nodes that are reached."""
        return self.picture.status is not None and self.picture.status.master is None

    def choose_start(self, action_id: str, keys: tuple[str, ...]) -> None:
        """Ask how, then start or restart these."""
        action = action_of(action_id)
        if not keys or action is None or action.asks is None:
            return
        targets = request_targets(action, keys)
        verb = action.asks.value
        question = Question.START if action.asks is Action.START else Question.RESTART
        what = plain(keys[0]) if len(keys) == 1 else f"{len(keys)} targets"
        one_process = action.asks is Action.START and len(targets) == 1 and ":" in targets[0]

        async def foretell(choice: str) -> Plan:
            strategy, origin = _way(choice)
            return await self.desk.plan(question, targets, strategy=strategy, origin=origin)

        self.app.push_screen(
            StartDialog(
                f"{verb.capitalize()} {what} with",
                tuple(self._ways()),
                foretell,
                _ARGUMENTS if one_process else "",
            ),
            lambda chosen: self._start_as(action, targets, chosen),
        )

    def _ways(self) -> Iterator[Choice]:
        """How something can be started."""
        yield Choice(_RULES, "the strategy of the rules; LOCAL means this console's node")
        for one, words in _STRATEGY.items():
            yield Choice(one.value, words)
        for node in self.picture.status.nodes if self.picture.status else ():
            if node.state is NodeState.RUNNING and node.name != self.picture.node:
                yield Choice(f"LOCAL {node.name}", f"as if {node.name} asked for it; load {node.load} %")

    def confirm(self, question: Confirmation, wish: Wish, preview: Asking | None = None) -> None:
        """Put a question, perhaps with what would come of it; if it is confirmed, ask for what is wished."""

        def answered(reason: str | None) -> None:
            if reason is not None:
                self.ask(msgspec.structs.replace(wish, reason=reason))

        self.app.push_screen(ConfirmDialog(question, preview), answered)

    def ask(self, wish: Wish) -> None:
        """Ask for it."""
        if wish.action in (Action.START, Action.RESTART):
            self.started(wish.targets)
        self.post_message(self.Asked(wish))

    def started(self, targets: tuple[str, ...]) -> None:
        """What the screen does about targets whose start is asked for."""

    def _start_as(self, action: ConsoleAction, targets: tuple[str, ...], chosen: Chosen | None) -> None:
        if chosen is None or action.asks is None:
            return
        strategy, origin = _way(chosen.key)
        try:
            arguments = tuple(shlex.split(chosen.text))
        except ValueError as error:
            self.notify(plain(f"{chosen.text}: {error}"), severity="warning", markup=False)
            return
        wish = Wish(action.asks, targets, strategy=strategy, origin=origin, arguments=arguments)
        if needs_confirmation(action, targets):
            self.confirm(asked(self.picture, action, targets), wish)
        else:
            self.ask(wish)

    def _open_logs(self, keys: tuple[str, ...]) -> None:
        namespecs = tuple(dict.fromkeys(filter(None, (log_of(self.picture, key) for key in keys))))
        if namespecs:
            self.post_message(self.LogsWanted(namespecs))
        else:
            self.notify("it has no process, so no log", severity="warning", markup=False)


def _way(choice: str) -> tuple[str | None, str]:
    """Strategy and node of one of the ways to start."""
    if choice == _RULES:
        return None, ""
    strategy, _, origin = choice.partition(" ")
    return strategy, origin
