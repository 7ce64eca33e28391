"""Which instance of a double stays, and what becomes of the rest: by strategy, without any cluster."""

from __future__ import annotations

import pytest

from tuiconsole.model.process import Token
from tuiconsole.planning.conciliation import Fate, Instance, Resolution, in_words, keep_on, resolve
from tuiconsole.rulebook.rules import ConciliationStrategy, RunningFailureStrategy

CONTINUE = RunningFailureStrategy.CONTINUE


def instance(node: str, token: Token | None, begun: float) -> Instance:
    return Instance(node, token, begun, "2026-11-23T12:00:00.000Z", (f"a:{node}",))


OLD, YOUNG = instance("old", (1, 3), 50.0), instance("young", (1, 5), 90.0)
PAIR = {"a": [YOUNG, OLD]}


@pytest.mark.parametrize(
    ("strategy", "resolution"),
    [
        (ConciliationStrategy.SENICIDE, Resolution(Fate.KEEP, {"a": "young"})),
        (ConciliationStrategy.INFANTICIDE, Resolution(Fate.KEEP, {"a": "old"})),
        (ConciliationStrategy.USER, Resolution(Fate.LEAVE)),
        (ConciliationStrategy.STOP, Resolution(Fate.STOP)),
        (ConciliationStrategy.RESTART, Resolution(Fate.RESTART)),
    ],
)
def test_each_strategy_means_what_it_means_in_supvisors(
    strategy: ConciliationStrategy, resolution: Resolution
) -> None:
    assert resolve(strategy, PAIR, CONTINUE) == resolution


@pytest.mark.parametrize(
    ("failure", "fate", "whole"),
    [
        (RunningFailureStrategy.CONTINUE, Fate.STOP, False),
        (RunningFailureStrategy.RESTART_PROCESS, Fate.RESTART, False),
        (RunningFailureStrategy.STOP_APPLICATION, Fate.STOP, True),
        (RunningFailureStrategy.SHUTDOWN, Fate.STOP, True),
        (RunningFailureStrategy.RESTART_APPLICATION, Fate.RESTART, True),
        (RunningFailureStrategy.RESTART, Fate.RESTART, True),
    ],
)
def test_running_failure_stops_all_and_then_does_what_a_crash_would(
    failure: RunningFailureStrategy, fate: Fate, whole: bool
) -> None:
    assert resolve(ConciliationStrategy.RUNNING_FAILURE, PAIR, failure) == Resolution(fate, whole=whole)


def test_tokens_tell_the_age_though_clocks_say_otherwise() -> None:
    """A process that supervisord restarted is young, and yet its instance was granted first."""
    pair = {"a": [instance("old", (1, 3), 99.0), instance("young", (2, 1), 50.0)]}
    assert resolve(ConciliationStrategy.SENICIDE, pair, CONTINUE).keep == {"a": "young"}


def test_clocks_tell_the_age_of_what_was_started_past_the_lock() -> None:
    pair = {"a": [instance("granted", (1, 3), 50.0), instance("by_hand", None, 90.0)]}
    assert resolve(ConciliationStrategy.SENICIDE, pair, CONTINUE).keep == {"a": "by_hand"}
    assert resolve(ConciliationStrategy.INFANTICIDE, pair, CONTINUE).keep == {"a": "granted"}


def test_instances_of_one_age_are_told_apart_by_their_nodes_always_alike() -> None:
    one, other = instance("x", None, 5.0), instance("y", None, 5.0)
    for pair in ([one, other], [other, one]):
        assert resolve(ConciliationStrategy.SENICIDE, {"a": pair}, CONTINUE).keep == {"a": "y"}


def test_a_person_keeps_what_a_node_runs_and_leaves_what_it_does_not() -> None:
    doubles = {"a:1": [OLD, YOUNG], "a:2": [YOUNG, instance("third", None, 1.0)]}
    assert keep_on("old", doubles) == Resolution(Fate.KEEP, {"a:1": "old"})


def test_each_strategy_says_beforehand_what_it_would_do() -> None:
    words = {s: in_words(s, PAIR["a"], RunningFailureStrategy.STOP_APPLICATION) for s in ConciliationStrategy}
    assert words == {
        ConciliationStrategy.SENICIDE: "young keeps it (the youngest), old stops it",
        ConciliationStrategy.INFANTICIDE: "old keeps it (the oldest), young stops it",
        ConciliationStrategy.USER: "nothing happens by itself: people choose",
        ConciliationStrategy.STOP: "all are stopped",
        ConciliationStrategy.RESTART: "all are stopped, then one is started",
        ConciliationStrategy.RUNNING_FAILURE: "the whole application is stopped (STOP_APPLICATION)",
    }
