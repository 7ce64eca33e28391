"""Whom a console listens to: the own agent, and while it is silent whoever answers, however slowly."""

from __future__ import annotations

import pytest

from tuiconsole.client.lookout import (
    AT_ONCE,
    FIRST_PATIENCE,
    LOST_AFTER,
    TRIED_FOR,
    UNEASY_AFTER,
    Lookout,
    Turn,
)
from tuiconsole.settings.timing import Timing
from tuiconsole.wire.sockets import HANDSHAKE

TICK = 0.1
OTHERS = ("server_1", "server_2")


class Watch:
    """A lookout with time passing, and what it listens to by now."""

    def __init__(self, others: tuple[str, ...] = OTHERS) -> None:
        self.now = 100.0
        self.lookout = Lookout("console_1", others, self.now)
        self.listens = ["console_1"]
        self.lost = 0

    def wait(self, seconds: float, *speakers: str) -> None:
        """Time passes in ticks; those who speak do so in each, if they are listened to."""
        end = self.now + seconds
        while self.now < end - TICK / 2:
            self.now += TICK
            for speaker in speakers:
                if speaker in self.listens:
                    self._obey(self.lookout.hear(speaker, self.now))
            turn = self.lookout.turn(self.now)
            self.lost += turn.lost
            self._obey(turn)

    def _obey(self, turn: Turn) -> None:
        for node in turn.close:
            self.listens.remove(node)
        self.listens += turn.open
        assert len(set(self.listens)) == len(self.listens)
        assert "console_1" in self.listens

    def hear(self, node: str) -> None:
        self._obey(self.lookout.hear(node, self.now))


def test_only_the_own_agent_is_listened_to_while_it_speaks() -> None:
    watch = Watch()
    watch.wait(60.0, "console_1")
    assert watch.listens == ["console_1"]
    assert watch.lookout.link.agent == "console_1"


def test_an_agent_that_answers_slowly_is_not_given_up_for_the_next() -> None:
    watch = Watch()
    watch.wait(FIRST_PATIENCE + 3.0)
    assert watch.listens == ["console_1", "server_1", "server_2"], "all of them still have time to answer"
    watch.hear("server_1")
    assert watch.lookout.link.agent == "server_1"
    assert watch.listens == ["console_1", "server_1"], "who was not the first is not needed"


def test_a_try_has_time_for_a_handshake_on_a_poor_line_and_the_answer() -> None:
    assert TRIED_FOR > HANDSHAKE / 1000 + 1.0


def test_of_many_others_some_are_tried_at_a_time_and_in_the_end_all() -> None:
    many = tuple(f"node_{number}" for number in range(3 * AT_ONCE))
    watch = Watch(many)
    heard_of = set()
    for _ in range(400):
        watch.wait(TICK)
        heard_of |= set(watch.listens)
        assert len(watch.listens) <= AT_ONCE + 1
    assert heard_of == {"console_1", *many}


def test_when_the_stand_in_falls_silent_the_next_one_is_tried_at_once() -> None:
    watch = Watch()
    watch.wait(2.0, "server_1")
    assert watch.lookout.link.agent == "server_1"
    watch.wait(LOST_AFTER + 2 * TICK)
    assert "server_2" in watch.listens
    assert not watch.lookout.link.connected


def test_the_own_agent_takes_over_as_soon_as_it_speaks() -> None:
    watch = Watch()
    watch.wait(2.0, "server_1")
    watch.hear("console_1")
    assert watch.listens == ["console_1"]
    assert watch.lookout.link.agent == "console_1"
    assert not watch.lookout.link.reason


def test_another_one_is_asked_before_the_own_one_counts_as_lost() -> None:
    watch = Watch()
    watch.wait(2.0, "console_1")
    watch.wait(UNEASY_AFTER + 2 * TICK)
    assert watch.listens == ["console_1", "server_1"]
    assert watch.lookout.link.agent == "console_1"
    assert watch.lookout.alive("console_1", watch.now)
    assert not watch.lost


def test_what_was_asked_of_the_own_agent_is_lost_once_with_it() -> None:
    watch = Watch()
    watch.wait(2.0, "console_1")
    watch.wait(20.0)
    assert watch.lost == 1


@pytest.mark.parametrize("silence", [3.0, 30.0, 300.0])
def test_after_any_silence_it_listens_to_all_it_can_so_that_the_first_word_counts(silence: float) -> None:
    watch = Watch()
    watch.wait(2.0, "console_1")
    watch.wait(silence)
    assert not watch.lookout.link.connected
    watch.wait(TICK, "console_1", *OTHERS)
    assert watch.lookout.link.connected


def test_words_that_are_not_understood_are_told_as_such_and_are_no_sign_of_life() -> None:
    watch = Watch()
    watch.lookout.misunderstand("console_1")
    watch.wait(1.0)
    link = watch.lookout.link
    assert "another version" in link.reason
    assert not link.connected
    watch.hear("console_1")
    assert watch.lookout.link.connected
    watch.lookout.disbelieve("console_1")
    assert not watch.lookout.way(watch.now, anywhere=True)


def test_a_start_is_only_asked_of_the_own_agent() -> None:
    watch = Watch()
    watch.wait(2.0, "server_1")
    assert watch.lookout.way(watch.now, anywhere=False) == ""
    assert watch.lookout.way(watch.now, anywhere=True) == "server_1"


def test_a_word_without_news_shows_nothing_yet() -> None:
    watch = Watch()
    watch.lookout.hear("console_1", watch.now, news=False)
    assert not watch.lookout.link.connected
    assert watch.lookout.way(watch.now, anywhere=False) == "console_1"


def test_a_lost_agent_is_noticed_before_its_lease_is_over() -> None:
    assert Timing().node_lease > LOST_AFTER
